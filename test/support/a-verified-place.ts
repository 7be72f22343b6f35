import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import type { Ended } from './a-command.ts';
import { DEALS } from './a-deals-table.ts';
import { aFolder } from './a-folder.ts';
import type { APostgres } from './a-postgres.ts';
import { inProcess } from './a-program.ts';

/** A place with one source, that can be verified. */
export interface VerifiedPlace {
  readonly folder: string;
  readonly index: string;
  readonly run: (argv: readonly string[], signal?: AbortSignal) => Promise<Ended>;
  /** The exit code, and what was found. */
  readonly verify: (...argv: readonly string[]) => Promise<Found>;
}

const report = z.looseObject({
  asked: z.number(),
  agreeing: z.number(),
  widening: z.number(),
  narrowing: z.number(),
  errors: z.number(),
  fidelity: z.object({ share: z.number(), low: z.number(), high: z.number() }).nullable(),
  differences: z.array(z.looseObject({ kind: z.string(), email: z.string(), id: z.string() })),
});
type Found = z.infer<typeof report> & Pick<Ended, 'code'>;

const HEAD = 'organisation: { name: Acme, domains: [acme.test] }\nembedding: { provider: none }\n';

/** A place with one source, read once. */
const aPlace = async (
  sources: string,
  { env = {}, folder }: { env?: Record<string, string>; folder: string },
): Promise<VerifiedPlace> => {
  await writeFile(join(folder, 'castellan.yaml'), `${HEAD}sources:\n${sources}\n`);
  const run: VerifiedPlace['run'] = (argv, signal) =>
    inProcess([...argv, '--config', join(folder, 'castellan.yaml'), '--data', join(folder, 'data')], {
      temporary: folder,
      env,
      ...(signal && { signal }),
    });
  const synced = await run(['sync']);
  if (synced.code !== 0) throw new Error(synced.stdout + synced.stderr);
  return {
    folder,
    index: join(folder, 'data', 'index.db'),
    run,
    verify: async (...argv) => {
      const { code, stdout, stderr } = await run(['verify', ...argv, '--json']);
      if (stdout === '') throw new Error(stderr);
      return { code, ...report.parse(JSON.parse(stdout)) };
    },
  };
};

/** The same, and the database it is of. */
interface DealsPlace extends VerifiedPlace {
  readonly url: string;
  readonly sql: (text: string) => Promise<Record<string, unknown>[]>;
}

/** Deals that row-level security shows to their owners and their teams, by a role of the database for each person. */
let count = 0;
export const aDealsPlace = async (server: APostgres): Promise<DealsPlace> => {
  count += 1;
  const db = await server.database();
  const roles = ['ada', 'bob', 'cyd', 'eve'].map((name) => `${name}_v${count}`);
  await db.sql(`${DEALS}
    INSERT INTO person (id, email, name, active) VALUES ('eve', 'eve@acme.test', 'Eve', false);
    ${roles.map((role) => `CREATE ROLE ${role};`).join('')}
    UPDATE person SET role = id || '_v${count}';
    GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${roles.join(', ')};
    ALTER TABLE deal ENABLE ROW LEVEL SECURITY;
    CREATE POLICY mine ON deal FOR SELECT USING (
      owner = (SELECT id FROM person WHERE role = current_user)
      OR team IN (SELECT name FROM team WHERE member = (SELECT id FROM person WHERE role = current_user)));`);
  const sources = `  app:
    connector: postgres
    url: \${APP_URL}
    slot: ${db.name}
    accounts: SELECT id, email, name, active::text, role FROM person
    tables:
      deals: { from: deal, type: deal, text: [notes], url: 'https://crm.acme.test/<id>', permissions: { rls: {} } }`;
  const place = await aPlace(sources, { env: { APP_URL: db.url }, folder: await aFolder() });
  return { ...place, sql: (text) => db.sql(text), url: db.url };
};

const FILES: Readonly<Record<string, string>> = {
  'people.yaml': `accounts:
  - { id: ada, emails: [ada@acme.test] }
  - { id: bob, emails: [bob@acme.test] }
  - { id: gus, emails: [gus@acme.test], kind: guest }
groups: { eng: [user:ada] }\n`,
  'wiki/welcome.md': '# Welcome',
  'wiki/eng/.acl.yaml': 'allow: [group:eng]\ndeny: []\n',
  'wiki/eng/rota.md': '# Rota',
  'wiki/eng/bob.md': '# Bob',
  'wiki/eng/bob.md.acl.yaml': 'allow: [user:bob]\ndeny: []\n',
};

/** Files, of whose folders one is narrower. */
export const aFilesPlace = async (): Promise<VerifiedPlace> => {
  const folder = await aFolder();
  await mkdir(join(folder, 'wiki/eng'), { recursive: true });
  for (const [path, text] of Object.entries(FILES)) await writeFile(join(folder, path), text);
  return aPlace('  wiki: { connector: files, root: ./wiki, people: ./people.yaml, default_acl: [everyone] }', { folder });
};

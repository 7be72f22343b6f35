import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Client } from 'pg';
import { describe, expect, test, vi } from 'vitest';

import type { Trail } from '../../src/cli/parts.ts';
import { openTrail } from '../../src/open-trail.ts';
import { openDatabase } from '../../src/store/sqlite/database.ts';
import { openStore } from '../../src/store/sqlite/index-store.ts';
import { only } from '../support/builders.ts';
import { aFolder } from '../support/a-folder.ts';
import { aMachine } from '../support/a-machine.ts';
import { aPostgres } from '../support/a-postgres.ts';
import { inProcess } from '../support/a-program.ts';
import { aDealsPlace, aFilesPlace, type VerifiedPlace } from '../support/a-verified-place.ts';

const server = await aPostgres();

/** What nobody meant: an acl of the index is another one, as if a run had said so or somebody had written it there. */
const plant = async (index: string, connector: string, source: string, key: string, acl = only('everyone')): Promise<void> => {
  const store = await openStore({ path: index, now: () => Date.now() });
  const writer = await store.open(source, connector, Date.now());
  await writer.write([{ type: 'acl', key, acl }]);
  await writer.finish({ status: 'complete', counts: { read: 1, changed: 1, deleted: 0, problems: 0 }, problems: [] }, Date.now());
  await store.close();
};

describe('rows that row-level security shows', () => {
  test('are shown to whom the database shows them, and everybody is asked as their own role', async () => {
    const { verify } = await aDealsPlace(server);
    expect(await verify('app')).toMatchObject({
      code: 0,
      asked: 16,
      agreeing: 16,
      widening: 0,
      narrowing: 0,
      errors: 0,
      fidelity: { share: 1 },
      people: { member: 12, guest: 0, inactive: 4, none: 0 },
    });
  });

  test('are found where a run widened them, and where the file itself was changed', async () => {
    const { verify, index } = await aDealsPlace(server);
    await plant(index, 'postgres', 'app', 'deals/2');
    const lying = await verify('app');
    expect(lying).toMatchObject({ code: 1, widening: 2, narrowing: 0 });
    expect(lying.differences.map(({ email, id }) => `${email} ${id}`).toSorted()).toEqual([
      'ada@acme.test app:deals/2',
      'cyd@acme.test app:deals/2',
    ]);
    const db = openDatabase({
      path: index,
      name: 'index',
      remedy: '',
      migrations: new URL('../../src/store/sqlite/index/', import.meta.url),
    });
    db.exec(`UPDATE item SET acl = (SELECT acl FROM item WHERE key = 'deals/2') WHERE key = 'deals/4'`);
    db.close();
    expect(await verify('app')).toMatchObject({ code: 1, widening: 5 }); // and three people see what is nobody’s
  });

  test('are found where the database moved after they were read, in either direction', async () => {
    const { verify, sql } = await aDealsPlace(server);
    await sql(`UPDATE deal SET owner = 'bob' WHERE id = 1; DELETE FROM deal WHERE id = 2`);
    const moved = await verify('app');
    expect(moved.code).toBe(1);
    expect(
      moved.differences.map(({ kind, email, id, source_says }) => `${kind} ${email} ${id} ${String(source_says)}`).toSorted(),
    ).toEqual([
      'narrowing bob@acme.test app:deals/1 visible',
      'widening ada@acme.test app:deals/1 forbidden',
      'widening bob@acme.test app:deals/2 gone',
    ]);
  });

  test('that are merely too narrow are told, and are no failure', async () => {
    const { verify, index } = await aDealsPlace(server);
    await plant(index, 'postgres', 'app', 'deals/1', only('user:nobody'));
    expect(await verify('app')).toMatchObject({ code: 0, widening: 0, narrowing: 1 });
  });

  test('cannot be verified where the database is gone: nothing agrees', async () => {
    const { verify, sql } = await aDealsPlace(server);
    await sql('ALTER TABLE deal RENAME TO sold');
    const found = await verify('app');
    expect(found).toMatchObject({ code: 1, agreeing: 0, fidelity: null });
    expect(found.errors).toBeGreaterThan(0);
  });
});

test('an interruption says what was not asked', async () => {
  const { run, sql, url } = await aDealsPlace(server);
  const locking = new Client({ connectionString: url });
  await locking.connect();
  await locking.query('BEGIN; LOCK TABLE deal IN ACCESS EXCLUSIVE MODE');
  const abort = new AbortController();
  const ended = run(['verify', 'app'], abort.signal);
  await vi.waitUntil(
    async () => (await sql(`SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'deal'::regclass`)).length > 0,
    {
      timeout: 30_000,
    },
  );
  abort.abort();
  const { code, stdout, stderr } = await ended;
  await locking.end();
  expect(code).toBe(130);
  expect(stdout).toContain('16 of 16 pairs drawn were not asked');
  expect(stdout).toContain('fidelity   unknown');
  expect(stderr).toContain('Interrupted.');
});

describe('files', () => {
  test('are shown to whom their control files show them', async () => {
    const { verify } = await aFilesPlace();
    const found = await verify('wiki');
    expect(found).toMatchObject({ code: 0, widening: 0, narrowing: 0, errors: 0, fidelity: { share: 1 } });
    expect(found.agreeing).toBeGreaterThan(6);
  });

  test('are found where the index is wider than their control files', async () => {
    const { verify, index } = await aFilesPlace();
    await plant(index, 'files', 'wiki', 'eng/rota.md');
    expect(await verify('wiki')).toMatchObject({
      code: 1,
      widening: 1,
      differences: [{ kind: 'widening', email: 'bob@acme.test', id: 'wiki:eng/rota.md' }],
    });
  });

  test('are found where a control file was narrowed and not read yet', async () => {
    const { verify, folder } = await aFilesPlace();
    await writeFile(join(folder, 'wiki/.acl.yaml'), 'allow: [user:bob]\ndeny: []\n');
    const found = await verify('wiki');
    expect(found.code).toBe(1);
    expect(found.differences.map(({ kind, email, id }) => `${kind} ${email} ${id}`).toSorted()).toEqual([
      'widening ada@acme.test wiki:eng/rota.md',
      'widening ada@acme.test wiki:welcome.md',
    ]);
  });
});

describe('the command', () => {
  test('prints the figure, its interval, and each difference with its remedy', async () => {
    const place = await aFilesPlace();
    await plant(place.index, 'files', 'wiki', 'eng/rota.md');
    const { code, stdout, stderr } = await place.run(['verify', 'wiki', '--seed', 'one']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout.replaceAll(place.folder, '/place').replaceAll(/(?<=confirmed )\d+ \w+|(?<=version )\d+/gu, '<some>'))
      .toMatchInlineSnapshot(`
      "wiki   9 pairs asked, as of version <some> of the index   --seed one
        fidelity   87.5 % (95 % interval 52.9 % to 97.8 %): 7 of 8 agree
        drawn from 3 people, 3 sets of permissions, 3 documents
        people     6 of members and 3 of guests
        1 undecided: the source names what is not known here, and we show nothing
        widening   bob@acme.test wiki:eng/rota.md
          we       show it by everyone   confirmed <some> ago, promised within 24 h
          source   does not show it   asked as bob
          → castellan sync wiki --config /place/castellan.yaml --data /place/data, then: castellan verify wiki --seed one --config /place/castellan.yaml --data /place/data. If it is still there, its permissions are mapped too wide: castellan explain bob@acme.test wiki:eng/rota.md --config /place/castellan.yaml --data /place/data
      "
    `);
  });

  test('is in the audit before it is printed, with who looked', async () => {
    const place = await aFilesPlace();
    await place.verify('wiki', '--seed', 'one', '--sample', '4', '--reason', 'a review');
    expect(await audited(place)).toMatchObject([
      {
        who: 'os:tester',
        arguments: { source: 'wiki', sample: 4, seed: 'one', pairs: 4, scope: 'admin', reason: 'a review' },
        documents: [],
        outcome: 'answered',
      },
    ]);
  });

  test.each([
    [['verify', 'nowhere'], 'The configuration has no source "nowhere". It has wiki.'],
    [['verify', 'wiki', '--sample', '0'], 'Give a whole number from 1 to 10000.'],
    [['verify', 'wiki', '--sample', '10001'], 'Give a whole number from 1 to 10000.'],
    [['verify', 'wiki', '--seed', 'two words'], 'Give a word of at most 64'],
  ])('refuses %j', async (argv, why) => {
    const place = await aFilesPlace();
    const { code, stdout, stderr } = await place.run(argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(why);
  });

  test('refuses a source that cannot be asked', async () => {
    const folder = await aFolder();
    await writeFile(
      join(folder, 'castellan.yaml'),
      `organisation: { name: Acme, domains: [acme.test] }\nembedding: { provider: none }\nsources: { people: { connector: scim, token: '\${SCIM_TOKEN}' }, wiki: { connector: jsonl, path: ./wiki.jsonl } }\n`,
    );
    await writeFile(join(folder, 'wiki.jsonl'), '');
    const place = ['--config', join(folder, 'castellan.yaml'), '--data', join(folder, 'data')];
    const env = { SCIM_TOKEN: 'x'.repeat(40) };
    await inProcess(['sync', 'wiki', ...place], { temporary: folder, env });
    const { code, stderr } = await inProcess(['verify', 'people', ...place], { temporary: folder, env });
    expect(code).toBe(2);
    expect(stderr).toContain('cannot be asked about one document, so people cannot be verified');
  });
});

const audited = async ({ folder }: VerifiedPlace): Promise<Awaited<ReturnType<Trail['list']>>> => {
  const trail = await openTrail({ config: join(folder, 'castellan.yaml'), data: join(folder, 'data') }, aMachine());
  try {
    return await trail.list(10);
  } finally {
    await trail.close();
  }
};

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { z } from 'zod';

import { openDesk } from '../../src/open-desk.ts';
import { type AnHttpPlace, anHttpPlace } from './a-http-place.ts';
import { ORGANISATION, whole } from './a-place.ts';
import { aclOf, documentLine } from './json-lines.ts';

export const ADA = 'ada@acme.test';
export const BOB = 'bob@acme.test';

const PEOPLE = `accounts:
  - { id: ada, emails: [ada@acme.test] }
  - { id: bob, emails: [bob@acme.test] }
  - { id: eve, emails: [eve@acme.test] }
`;

const SOURCES = `sources:
  handbook: { connector: files, root: ./handbook, people: ./people.yaml }
  inbox: { connector: jsonl, path: ./inbox.jsonl }
`;

/** Of a file, by its path. */
export type Files = Readonly<Record<string, string>>;

export interface HandbookOptions {
  /** `writes:` of the configuration, and whatever else; nothing may be written unless it says so. */
  readonly more?: string;
  readonly files?: Files;
}

/** A handbook that everybody reads and ada and bob may write, and what came in for everybody, behind a real server. */
export interface AWrittenHandbook extends AnHttpPlace {
  /** Every file of the source, as it is now. */
  files(): Promise<Files>;
  put(path: string, text: string): Promise<void>;
  /** Asks the one path as somebody, with a person who says yes, under another policy. */
  writes(who: string, input: object, policy?: string): Promise<{ readonly proposal: string; readonly confirmation: string }>;
}

const LINES = whole([
  documentLine({ key: 'intake', title: 'Customer intake', text: 'Customer intake.', acl: aclOf(['everyone']) }),
]);
const INBOX = LINES.map((line) => `${JSON.stringify(line)}\n`).join('');

const LEAVE = 'Leave is ten days.\n';

export const aWrittenHandbook = async ({ more = '', files = {} }: HandbookOptions = {}): Promise<AWrittenHandbook> => {
  const original = await mkdtemp(join(tmpdir(), 'castellan-handbook-'));
  const all: Files = {
    'castellan.yaml': `${ORGANISATION}${SOURCES}embedding: { provider: none }\n`,
    'people.yaml': PEOPLE,
    'inbox.jsonl': INBOX,
    'handbook/.acl.yaml': 'allow: [everyone]\ndeny: []\nwrite: [user:ada, user:bob]\n',
    'handbook/leave.md': LEAVE,
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    await mkdir(dirname(join(original, path)), { recursive: true });
    await writeFile(join(original, path), text);
  }
  const place = await anHttpPlace({ folder: original, more });
  await rm(original, { recursive: true });
  const root = join(dirname(place.config), 'handbook');
  return {
    ...place,
    files: async () => {
      const entries = (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
      const read = entries.map(async ({ parentPath, name }): Promise<[string, string]> => {
        const path = join(parentPath, name);
        return [path.slice(root.length + 1), await readFile(path, 'base64')];
      });
      return Object.fromEntries((await Promise.all(read)).toSorted(([one], [other]) => one.localeCompare(other)));
    },
    put: (path, text) => writeFile(join(root, path), text),
    writes: async (who, input, policy = 'auto') => {
      const config = join(dirname(place.config), `written-${policy}.yaml`);
      await writeFile(config, `${ORGANISATION}${SOURCES}embedding: { provider: none }\nwrites: { default: ${policy} }\n`);
      const desk = await openDesk({ config, data: place.data }, place.machine);
      const signal = new AbortController().signal;
      try {
        const proposed = proposedSchema.parse(await desk.ask({ who, tool: 'propose_write', input, signal })).output;
        const { confirmation } = proposed;
        if (policy !== 'approve') await desk.ask({ who, tool: 'commit_write', input: { confirmation }, signal });
        return proposed;
      } finally {
        await desk.close();
      }
    },
  };
};

const proposedSchema = z.object({ output: z.object({ proposal: z.string(), confirmation: z.string() }) });

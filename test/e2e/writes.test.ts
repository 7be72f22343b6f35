import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import SQLite from 'better-sqlite3';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';

import { aClient, type AClient, ERAS, type Served } from '../support/a-client.ts';
import { type APlace, aPlace, ORGANISATION, synced } from '../support/a-place.ts';

vi.setConfig({ testTimeout: 120_000 }); // the program is started several times

const ADA = 'ada@acme.test';
const BOB = 'bob@acme.test';
const EDIT = { edits: [{ find: 'ten days', replace: 'twelve days' }] };

const PEOPLE = `accounts:
  - { id: ada, emails: [ada@acme.test] }
  - { id: bob, emails: [bob@acme.test] }
`;

/** A handbook that everybody reads and ada may write. */
const aHandbook = async (writes: string, clients = ''): Promise<APlace & { leave(): Promise<string> }> => {
  const place = await aPlace([]);
  onTestFinished(() => place.remove());
  await mkdir(join(place.folder, 'handbook'));
  await writeFile(join(place.folder, 'people.yaml'), PEOPLE);
  await writeFile(join(place.folder, 'handbook/.acl.yaml'), 'allow: [everyone]\ndeny: []\nwrite: [user:ada]\n');
  await writeFile(join(place.folder, 'handbook/leave.md'), 'Leave is ten days.\n');
  await place.configure(
    `${ORGANISATION}sources: { handbook: { connector: files, root: ./handbook, people: ./people.yaml } }\n` +
      `embedding: { provider: none }\n${writes === '' ? '' : `writes: { ${writes} }\n`}${clients}`,
  );
  await synced(place);
  return { ...place, leave: () => readFile(join(place.folder, 'handbook/leave.md'), 'utf8') };
};

const attached = async (era: (typeof ERAS)[number], place: APlace, given: Partial<Served> = {}): Promise<AClient> => {
  const client = await aClient(era, { config: place.config, data: place.data, who: ADA, ...given });
  onTestFinished(() => client.close());
  return client;
};

const proposedSchema = z.looseObject({ confirmation: z.string(), proposal: z.string() });
const propose = async (client: AClient) => {
  const heard = await client.call('propose_write', { action: 'files.edit', target: 'handbook:leave.md', input: EDIT });
  return proposedSchema.parse(heard.structuredContent);
};

describe.each(ERAS)('a client of %s', (era) => {
  test('that can ask its user writes what they agree to, once', async () => {
    const place = await aHandbook('files.edit: confirm');
    const asked: string[] = [];
    const answers: Served['answers'] = (message) => {
      asked.push(message);
      return { action: 'accept', content: { agree: true } };
    };
    const ada = await attached(era, place, { answers });
    const { confirmation, ...proposed } = await propose(ada);
    expect(proposed).toMatchObject({
      needs: 'confirm',
      changes: [{ before: 'Leave is ten days.\n', after: 'Leave is twelve days.\n' }],
    });
    expect(await place.leave()).toBe('Leave is ten days.\n');
    const made = await ada.call('commit_write', { confirmation });
    expect(made.structuredContent).toMatchObject({ outcome: 'done', id: 'handbook:leave.md' });
    expect(await place.leave()).toBe('Leave is twelve days.\n');
    expect(asked).toEqual([expect.stringContaining('+ Leave is twelve days.')]);
    const { found: _found, next: _next, ...receipt } = z.looseObject({}).parse(made.structuredContent);
    expect((await ada.call('commit_write', { confirmation })).structuredContent).toMatchObject(receipt);
    expect(await place.leave()).toBe('Leave is twelve days.\n');
  });

  test.each([
    ['declines', { action: 'decline' }],
    ['closes the question', { action: 'cancel' }],
    ['does not tick it', { action: 'accept', content: { agree: false } }],
  ] as const)('writes nothing where its user %s', async (_, answer) => {
    const place = await aHandbook('files.edit: confirm');
    const ada = await attached(era, place, { answers: () => answer });
    const { confirmation } = await propose(ada);
    expect((await ada.call('commit_write', { confirmation })).structuredContent ?? {}).not.toMatchObject({ outcome: 'done' });
    expect(await place.leave()).toBe('Leave is ten days.\n');
  });

  test('that cannot ask writes nothing until somebody else approves', async () => {
    const place = await aHandbook('files.edit: confirm');
    const ada = await attached(era, place);
    const { confirmation } = await propose(ada);
    expect((await ada.call('commit_write', { confirmation })).structuredContent).toMatchObject({ outcome: 'undecided' });
    expect(await place.leave()).toBe('Leave is ten days.\n');
  });

  test('asks its user nothing that is too long to be shown', async () => {
    const place = await aHandbook('files.edit: confirm');
    const asked: string[] = [];
    const answers: Served['answers'] = (message) => {
      asked.push(message);
      return { action: 'accept', content: { agree: true } };
    };
    const ada = await attached(era, place, { answers });
    const input = { edits: [{ find: 'ten days', replace: `ten days.\n${'x'.repeat(60)}\n`.repeat(200) }] };
    const { confirmation, ...proposed } = proposedSchema.parse(
      (await ada.call('propose_write', { action: 'files.edit', target: 'handbook:leave.md', input })).structuredContent,
    );
    expect(proposed).toMatchObject({ changes: [{ cut: true }] });
    expect((await ada.call('commit_write', { confirmation })).structuredContent).toMatchObject({ outcome: 'undecided' });
    expect([asked, await place.leave()]).toEqual([[], 'Leave is ten days.\n']);
  });

  test('is offered no writing where nothing may be written', async () => {
    const place = await aHandbook('');
    const ada = await attached(era, place, { answers: () => ({ action: 'accept', content: { agree: true } }) });
    expect((await ada.tools()).map(({ name }) => name)).toEqual(['search', 'fetch', 'list_sources', 'explain_access']);
    expect(JSON.stringify((await ada.call('list_sources')).structuredContent)).not.toContain('writes');
    await expect(propose(ada)).rejects.toThrow('not found');
  });
});

test('what was written is found as soon as the receipt says so', async () => {
  const place = await aHandbook('files.edit: auto');
  const ada = await attached(ERAS[0], place, { follows: true });
  const { confirmation } = await propose(ada);
  const isFound = async (): Promise<unknown> =>
    z.looseObject({ found: z.boolean() }).parse((await ada.call('commit_write', { confirmation })).structuredContent).found;
  await expect.poll(isFound, { timeout: 60_000 }).toBe(true);
  expect(await place.leave()).toBe('Leave is twelve days.\n');
  expect((await ada.call('fetch', { id: 'handbook:leave.md' })).structuredContent).toMatchObject({
    text: expect.stringContaining('twelve days'),
  });
});

test('what may be written is listed with its schema, for whoever may', async () => {
  const place = await aHandbook('files.edit: auto');
  const ada = await attached(ERAS[0], place);
  const listed = JSON.stringify((await ada.call('list_sources')).structuredContent);
  expect(listed).toContain('"action":"files.edit"');
  expect(listed).not.toContain('files.create');
});

test('whoever may read and not write is refused by the source', async () => {
  const place = await aHandbook('files.edit: auto');
  const bob = await attached(ERAS[0], place, { who: BOB });
  const heard = await bob.call('propose_write', { action: 'files.edit', target: 'handbook:leave.md', input: EDIT });
  expect(heard.isError).toBe(true);
  expect(await place.leave()).toBe('Leave is ten days.\n');
});

describe('on the command line', () => {
  const write = ['write', 'files.edit', '--as', ADA, '--target', 'handbook:leave.md', '--input', JSON.stringify(EDIT)];
  const proposal = z.looseObject({ proposal: z.string() });

  test('what needs nobody is written, is in the audit, and is taken back', async () => {
    const place = await aHandbook('files.edit: auto');
    const made = await place.run([...write, '--json']);
    expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining('"found":true') });
    expect(await place.leave()).toBe('Leave is twelve days.\n');
    expect((await place.run(['search', 'twelve', '--as', BOB])).stdout).toContain('leave.md');
    const { stdout } = await place.run(['audit', 'list', '--json']);
    expect(stdout).toContain('"intended"');
    const ledger = new SQLite(join(place.data, 'ledger.db'), { readonly: true });
    onTestFinished(() => void ledger.close());
    const kept = ledger.prepare<[], string>(`SELECT value FROM personal WHERE field = 'arguments'`).pluck().all().join('\n');
    expect(kept).toContain('"confirmation":"sha256:');
    expect(await place.run(['undo', proposal.parse(JSON.parse(made.stdout)).proposal, '--as', ADA])).toMatchObject({ code: 0 });
    expect(await place.leave()).toBe('Leave is ten days.\n');
    expect(await place.run(['audit', 'verify'])).toMatchObject({ code: 0 });
  });

  test('what waited for an approval is written by the command that was told', async () => {
    const place = await aHandbook('files.edit: approve');
    const { code, stderr } = await place.run(write);
    expect(code).toBe(1);
    expect(stderr).toContain('- Leave is ten days.\n  + Leave is twelve days.\n');
    const [, confirmation = ''] = /castellan write --as ada@acme\.test --commit (\S+)/u.exec(stderr) ?? [];
    const commit = ['write', '--as', ADA, '--commit', confirmation];
    expect(await place.run(commit)).toMatchObject({ code: 1 });
    expect(await place.run(['write', '--as', BOB, '--commit', confirmation])).toMatchObject({ code: 2 });
    expect(await place.leave()).toBe('Leave is ten days.\n');
    const [, waits = ''] = /castellan approve (\S+)/u.exec(stderr) ?? [];
    expect((await place.run(['approve', waits])).stderr).toContain('terminal'); // nobody is there to say yes
    expect(await place.run(['write', 'files.edit', ...commit.slice(1)])).toMatchObject({ code: 2 });
    expect(await place.run(['write', '--as', ADA])).toMatchObject({ code: 2 });
    expect(await place.leave()).toBe('Leave is ten days.\n');
  });

  test('without a terminal nobody says yes: it waits, and can be declined', async () => {
    const place = await aHandbook('files.edit: confirm');
    const made = await place.run([...write, '--json']);
    expect(made).toMatchObject({ code: 1 });
    const { proposal: id, ...rest } = proposal.parse(JSON.parse(made.stdout));
    expect(rest).toMatchObject({ outcome: 'undecided' });
    expect((await place.run(['approve'])).stdout).toContain('+ Leave is twelve days.');
    expect(await place.run(['approve', id])).toMatchObject({ code: 2 });
    expect(await place.run(['approve', id, '--deny'])).toMatchObject({ code: 0 });
    expect((await place.run(['approve'])).stderr).toContain('Nothing waits.');
    expect(await place.leave()).toBe('Leave is ten days.\n');
  });

  test.each([
    ['an action nobody knows', ['write', 'files.shred', '--as', ADA]],
    ['an input that is no JSON', ['write', 'files.edit', '--as', ADA, '--input', '{']],
    ['an input that is not there', ['write', 'files.edit', '--as', ADA, '--input', '@none.json']],
  ])('%s is refused in a sentence', async (_, argv) => {
    const place = await aHandbook('files.edit: auto');
    const { code, stderr } = await place.run(argv);
    expect(code).toBe(2);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

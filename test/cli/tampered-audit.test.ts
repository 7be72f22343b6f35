import { copyFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { castellan, type Ended } from '../support/a-command.ts';
import { aFolder } from '../support/a-folder.ts';
import { rewriteAll, tamper } from '../support/tampering.ts';

const PAGE = {
  type: 'document',
  key: 'k1',
  title: 'Plan',
  updated_at: '2026-01-02T03:04:05Z',
  text: 'The plan for spring.',
  acl: { terms: [{ allow: ['public'], deny: [], from: 'page' }] },
};

/** An audit of three questions, asked one process after the other. */
let asked: string;

beforeAll(async () => {
  asked = await mkdtemp(join(tmpdir(), 'castellan-'));
  await writeFile(
    join(asked, 'castellan.yaml'),
    'organisation: { name: Acme, domains: [acme.test] }\nsources: { wiki: { connector: jsonl, path: ./wiki.jsonl } }\nembedding: { provider: none }\n',
  );
  await writeFile(join(asked, 'wiki.jsonl'), `${JSON.stringify(PAGE)}\n`);
  await on(asked, 'sync');
  for (const who of ['ada', 'bob', 'carol']) await on(asked, 'search', 'plan', '--as', `${who}@acme.test`);
});

afterAll(() => rm(asked, { recursive: true, force: true }));

const on = (folder: string, ...words: readonly string[]): Promise<Ended> =>
  castellan([...words, '--config', join(folder, 'castellan.yaml'), '--data', join(folder, 'data')]);

/** A copy of that audit to do harm to, and of its anchors in a place that the harm does not reach. */
const aVictim = async (): Promise<{ folder: string; ledger: string; anchor: string }> => {
  const folder = await aFolder();
  await cp(asked, folder, { recursive: true });
  const anchor = join(folder, 'kept-elsewhere.jsonl');
  await copyFile(join(folder, 'data', 'anchor.jsonl'), anchor);
  return { folder, ledger: join(folder, 'data', 'ledger.db'), anchor };
};

const CUT = 'DELETE FROM personal WHERE seq > 2; DELETE FROM audit WHERE seq > 2';

describe('castellan audit verify', () => {
  test('proves a whole audit by its anchors', async () => {
    const { folder, anchor } = await aVictim();
    expect(await on(folder, 'audit', 'verify', '--anchor', anchor)).toEqual({
      code: 0,
      stdout: 'proven   3 rows, 3 of them vouched for by the anchor\n',
      stderr: '',
    });
  });

  test('with an anchor finds a tail that was cut off, which alone it cannot', async () => {
    const { folder, ledger, anchor } = await aVictim();
    tamper(ledger, CUT);

    expect(await on(folder, 'audit', 'verify')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^consistent {3}2 rows/u),
    });
    expect(await on(folder, 'audit', 'verify', '--anchor', anchor)).toEqual({
      code: 1,
      stdout: 'broken   2 rows read; at row 3: row 3 was cut off\n',
      stderr: '',
    });
  });

  test('with an anchor finds a tail that was cut off although the audit went on after it', async () => {
    const { folder, ledger, anchor } = await aVictim();
    tamper(ledger, CUT);
    await on(folder, 'search', 'something else', '--as', 'dan@acme.test');

    expect(await on(folder, 'audit', 'verify', '--anchor', anchor)).toMatchObject({
      code: 1,
      stdout: 'broken   2 rows read; at row 3: row 3 is not the one that was anchored\n',
    });
  });

  test('with an anchor finds rows that were all rewritten, hashes too, which alone it cannot', async () => {
    const { folder, ledger, anchor } = await aVictim();
    rewriteAll(ledger);

    expect(await on(folder, 'audit', 'verify')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^consistent {3}3 rows/u),
    });
    expect(await on(folder, 'audit', 'verify', '--anchor', anchor, '--json')).toMatchObject({
      code: 1,
      stdout: `${JSON.stringify({ state: 'broken', rows: 0, at: 1, why: 'row 1 is not the one that was anchored' })}\n`,
    });
  });

  test('refuses an anchor file that is missing or empty, instead of proving nothing by it', async () => {
    const { folder, anchor } = await aVictim();
    await writeFile(anchor, '');
    for (const file of [anchor, join(folder, 'nowhere.jsonl')]) {
      const { code, stdout, stderr } = await on(folder, 'audit', 'verify', '--anchor', file);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toContain('Name the right file: --anchor <file>');
    }
  });

  test('does not trust an anchor that somebody else signed', async () => {
    const { folder, anchor } = await aVictim();
    const { folder: other } = await aVictim();
    for (const file of ['key', 'ledger.db', 'anchor.jsonl']) await rm(join(other, 'data', file));
    await on(other, 'search', 'plan', '--as', 'mallory@acme.test');
    await writeFile(anchor, await readFile(join(other, 'data', 'anchor.jsonl')));

    expect(await on(folder, 'audit', 'verify', '--anchor', anchor)).toMatchObject({
      code: 1,
      stdout: 'broken   3 rows read; at row 0: line 1 of the anchor file is signed by a key that is not ours\n',
    });
  });
});

import { execFileSync } from 'node:child_process';
import { appendFile, mkdir, open, truncate, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { jsonl } from '../../connectors/jsonl/sync.ts';
import { aConnectorRun, changesOf, cursorOf, saidBy } from '../support/a-connector-run.ts';
import { aJsonlSource } from '../support/a-jsonl-source.ts';
import { only } from '../support/builders.ts';
import { aclOf, containerLine, documentLine, type JsonLine, jsonLines } from '../support/json-lines.ts';

const WHOLE = [{ type: 'listing' }, { type: 'complete' }];
const good = documentLine({ key: 'good' });

/** What is said of a file in which this stands before a good line. */
const saidOf = async (bad: string | JsonLine): Promise<unknown[]> => {
  const line = typeof bad === 'string' ? bad : JSON.stringify(bad);
  return saidBy(await (await aJsonlSource(`${line}\n${jsonLines([good])}`)).sync());
};
const problem = (error: string, key?: string): unknown => ({ type: 'problem', error, ...(key === undefined ? {} : { key }) });

describe('the file', () => {
  test('that is not there fails the run, and says where it should be', async () => {
    const source = await aJsonlSource();
    await unlink(source.path);
    await expect(source.sync()).rejects.toMatchObject({
      code: 'source_unavailable',
      message: `${source.path} cannot be read (ENOENT). Put it there or correct sources.wiki.path, then: castellan sync wiki`,
    });
  });

  test.each([
    ['a folder', (path: string) => mkdir(path)],
    ['a pipe nobody writes to', async (path: string) => void execFileSync('mkfifo', [path])],
  ])('that is %s is refused without waiting', async (_, make) => {
    const source = await aJsonlSource();
    await unlink(source.path);
    await make(source.path);
    await expect(source.sync()).rejects.toMatchObject({ code: 'source_unavailable' });
  });

  test('may be empty, and grow', async () => {
    const source = await aJsonlSource('');
    expect(saidBy(await source.sync())).toEqual([]);
    await source.append([good]);
    expect(saidBy(await source.sync())).toMatchObject([{ type: 'document' }]);
  });

  test('that is no JSON lines at all yields its first problems, and counts the others', async () => {
    const source = await aJsonlSource('x\n'.repeat(10_003));
    const said = saidBy(await source.sync());
    expect(said).toHaveLength(10_001);
    expect(said.at(-1)).toEqual(problem('and 3 more lines that could not be read'));
  });

  test('replaced between two reads of its lines is read as it was opened', async () => {
    const source = await aJsonlSource([good]);
    const changes = jsonl.sync(aConnectorRun({ path: source.path }, { folder: '/' }))[Symbol.asyncIterator]();
    await changes.next();
    await unlink(source.path);
    await writeFile(source.path, jsonLines([documentLine({ key: 'other' })]));
    expect((await changes.next()).value).toMatchObject({ document: { key: 'good' } });
    expect((await changes.next()).value).toMatchObject({ type: 'checkpoint' });
    expect(await changes.next()).toMatchObject({ done: true });
  });

  test.each([
    ['edited', async (path: string) => overwrite(path, jsonLines([good]).replace('spring', 'summer'))],
    ['cut off', (path: string) => truncate(path, 10)],
  ])('%s while it is read fails the run, and nothing of the mixture is yielded', async (_, change) => {
    const source = await aJsonlSource([containerLine(), good]);
    await source.write([good, containerLine()]);
    const changes = jsonl.sync(aConnectorRun({ path: source.path }, { folder: '/' }))[Symbol.asyncIterator]();
    await changes.next();
    await change(source.path);
    const rest = async (): Promise<unknown[]> => {
      const yielded: unknown[] = [];
      for (let next = await changes.next(); !next.done; next = await changes.next()) yielded.push(next.value);
      return yielded;
    };
    await expect(rest()).rejects.toMatchObject({
      code: 'source_unavailable',
      message: expect.stringContaining('changed while it was read'),
    });
  });

  test('that grows while it is read is read to where it ended', async () => {
    const source = await aJsonlSource([...WHOLE, good]);
    const run: Parameters<typeof jsonl.sync>[0] = aConnectorRun({ path: source.path }, { folder: '/' });
    const changes = [];
    for await (const change of jsonl.sync(run)) {
      changes.push(change);
      if (changes.length === 1) await appendFile(source.path, jsonLines([documentLine({ key: 'later' })]));
    }
    expect(saidBy(changes)).toMatchObject([{ type: 'listing' }, { document: { key: 'good' } }, { type: 'complete' }]);
    const cursor = cursorOf(changes);
    const next = await changesOf(jsonl, { ...run, ...(cursor === undefined ? {} : { cursor }) });
    expect(saidBy(next)).toMatchObject([{ document: { key: 'later' } }, { type: 'unchanged' }]);
  });
});

describe('a line', () => {
  test.each([
    ['is not JSON', '{"type":"document"', 'line 1 is not JSON'],
    ['is no object', '[1]', 'line 1: expected object, received array'],
    ['names a type that is none', '{"type":"folder"}', 'line 1: type: Invalid discriminator value'],
    ['names nothing', '{"type":"account","emails":[],"active":true,"kind":"member"}', 'line 1: id: is missing'],
  ])('that %s is a problem that names its number', async (_, bad, message) => {
    expect(await saidOf(bad)).toMatchObject([
      { ...Object(problem('')), error: expect.stringContaining(message) },
      { document: { key: 'good' } },
    ]);
  });

  test('that is not UTF-8 is a problem that names its number', async () => {
    const source = await aJsonlSource(Buffer.concat([Buffer.from(jsonLines([good])), Buffer.from([0x22, 0xff, 0x22, 0x0a])]));
    expect(saidBy(await source.sync())).toMatchObject([problem('line 2 is not UTF-8'), { document: { key: 'good' } }]);
  });

  test('over 50 MB is a problem that names its number, and is not held in memory', async () => {
    const source = await aJsonlSource(`${jsonLines([good])}"`);
    await writeMuch(source.path, 52);
    await source.append(`"\n${jsonLines([containerLine()])}`);
    const said = saidBy(await source.sync());
    expect(said).toMatchObject([problem('line 2 is longer than 50 MB'), { type: 'container' }, { document: { key: 'good' } }]);
  });

  test('that is last and not finished is a problem until it is', async () => {
    const text = jsonLines([documentLine()]);
    const source = await aJsonlSource([...WHOLE, good]);
    await source.append(text.slice(0, 40));
    expect(saidBy(await source.sync())).toEqual([
      problem('line 4 is not finished'),
      expect.objectContaining({ type: 'document' }),
    ]);
    await source.append(text.slice(40));
    expect(saidBy(await source.sync())).toMatchObject([
      { type: 'listing' },
      { document: { key: 'good' } },
      { document: { key: 'plan' } },
      { type: 'complete' },
    ]);
    expect(saidBy(await source.sync())).toEqual([{ type: 'unchanged' }]);
  });

  test.each([
    ['an unknown key', { denny: [] }, 'Unrecognized key: "denny"'],
    ['a key that is no own one', JSON.parse('{"__proto__":{"x":1}}'), 'Unrecognized key: "__proto__"'],
    ['no date', { updated_at: 'yesterday' }, 'updated_at: Invalid ISO datetime'],
    ['a date without a zone', { updated_at: '2026-01-02T03:04:05' }, 'updated_at: Invalid ISO datetime'],
    ['an address that is no web address', { url: 'javascript:alert(1)' }, 'url: Invalid URL'],
    ['both text and parts', { parts: [] }, 'expected either text or parts'],
    ['neither text nor parts', { text: undefined }, 'expected either text or parts'],
    ['a number beyond all numbers', { fields: { amount: '1e999' } }, undefined],
    ['an author who is a group', { author: 'group:eng' }, 'author:'],
  ])('of a document with %s closes it and says so', async (_, given, message) => {
    const bad = JSON.stringify({ ...documentLine(), ...given }).replace('"1e999"', '1e999');
    const said = await saidOf(bad);
    expect(said).toMatchObject([
      { type: 'problem', key: 'plan', error: expect.stringContaining(message ?? 'line 1: fields.amount') },
      { type: 'acl', key: 'plan', acl: { unknown: expect.stringContaining('line 1') } },
      { document: { key: 'good' } },
    ]);
  });

  test.each([
    ['', 'empty'],
    ['a\u0000b', 'with a control character'],
    ['a\ud800', 'that is no text'],
    ['k'.repeat(1001), 'too long'],
  ])('with a key %# (%s) names no key', async (key) => {
    const [first] = await saidOf(documentLine({ key }));
    expect(first).toEqual(problem('line 1: key: expected 1 to 1000 characters, none of them a control character'));
  });

  test('never shows in a problem what stands in it', async () => {
    const said = await saidOf(documentLine({ acl: aclOf(['the launch code is 7']), text: 'secret' }));
    expect(JSON.stringify(said[0])).not.toMatch(/launch|secret/u);
  });
});

describe('a problem', () => {
  test('leaves the run without an end: nothing is whole, nothing unchanged, and the next run reads all', async () => {
    const source = await aJsonlSource([...WHOLE, good]);
    await source.sync();
    await source.append(`x\n${jsonLines([documentLine()])}`);
    for (const run of [1, 2]) {
      expect(saidBy(await source.sync()), `run ${run}`).toMatchObject([
        problem('line 4 is not JSON'),
        { document: { key: 'good' } },
        { document: { key: 'plan' } },
      ]);
    }
  });

  test('with a key lets a listing close, since the key was seen', async () => {
    const source = await aJsonlSource([{ type: 'listing' }, documentLine({ acl: null }), good, { type: 'complete' }]);
    expect(saidBy(await source.sync()).map((change) => Object(change).type)).toEqual([
      'listing',
      'problem',
      'acl',
      'document',
      'complete',
    ]);
  });

  test.each([
    ['complete without a listing', { type: 'complete' }, 'line 1: complete, but no such listing is open'],
    ['complete of another listing', { type: 'complete', of: 'space' }, 'line 1: complete, but no such listing is open'],
  ])('is made of %s', async (_, bad, message) => {
    expect(await saidOf(bad)).toEqual([problem(message), expect.objectContaining({ type: 'document' })]);
  });
});

test('groups and containers in a ring, and an unknown group, are passed on as they are', async () => {
  const lines = [
    { type: 'members', group: 'a', members: ['group:b'] },
    { type: 'members', group: 'b', members: ['group:a'] },
    containerLine({ key: 'x', parent: 'y', acl: aclOf(['audience:y']) }),
    containerLine({ key: 'y', parent: 'x', acl: aclOf(['audience:x']) }),
    documentLine({ acl: aclOf(['group:nobody-lists']) }),
  ];
  const said = saidBy(await (await aJsonlSource(lines)).sync());
  expect(said).toHaveLength(5);
  expect(said.at(-1)).toMatchObject({ document: { acl: only('group:nobody-lists') } });
});

/** In place, as an editor that does not rename. */
const overwrite = async (path: string, text: string): Promise<void> => {
  const handle = await open(path, 'r+');
  await handle.write(text, 0);
  await handle.close();
};

const writeMuch = async (path: string, megabytes: number): Promise<void> => {
  const block = 'x'.repeat(1024 * 1024);
  for (let each = 0; each < megabytes; each++) await appendFile(join(dirname(path), 'wiki.jsonl'), block);
};

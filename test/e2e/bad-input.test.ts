import { chmod, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test, vi } from 'vitest';

import { accountLine, type APlace, synced, whole } from '../support/a-place.ts';
import { aclOf, containerLine, documentLine, type JsonLine, jsonLines } from '../support/json-lines.ts';
import { found, place, problems, said } from '../support/place-answers.ts';

vi.setConfig({ testTimeout: 60_000 }); // each test starts the program several times

const ADA = 'ada@acme.test';

/** Documents that everyone may see, each found by its own word. */
const documents = (count: number, given: JsonLine = {}): JsonLine[] =>
  Array.from({ length: count }, (_, at) => documentLine({ key: `d${at}`, title: `D${at}`, text: `spring word${at}`, ...given }));

/** A place that was synced and holds this many documents. */
const filled = async (count = 3): Promise<APlace> => synced(await place(whole([accountLine('ada'), ...documents(count)])));

const ids = (count: number): string[] => Array.from({ length: count }, (_, at) => `wiki:d${at}`).toSorted();

describe('a configuration', () => {
  test('with a key nobody knows names those there are, and nothing is touched', async () => {
    const where = await filled();
    const text = await readFile(where.config, 'utf8');
    await where.configure(`${text}embeding: { provider: none }\n`);
    expect(await said(where, 'sync')).toMatchInlineSnapshot(`
      [
        2,
        "castellan.yaml: embeding is not a known setting. Did you mean embedding? Known: audit, clients, embedding, freshness, identity, organisation, server, sources, writes.
      ",
      ]
    `);
    await where.configure(text);
    expect(await found(where)).toEqual(ids(3));
  });

  test('that is not there', async () => {
    const where = await place([]);
    await rm(where.config);
    expect(await said(where, 'sync')).toMatchInlineSnapshot(`
      [
        2,
        "There is no castellan.yaml. Write one with castellan init, or name it: --config <file>
      ",
      ]
    `);
    await expect(stat(where.data)).rejects.toThrow('ENOENT');
  });
});

describe('a data folder', () => {
  test.each([['data'], ['data/index.db']])('of which others can read %s is not opened', async (name) => {
    const where = await filled();
    const path = join(where.folder, name);
    const { mode } = await stat(path);
    await chmod(path, mode | 0o044);
    const [code, words] = await said(where, 'search', 'spring', '--as', ADA);
    expect([code, words]).toEqual([
      2,
      `/place/${name} is open to other users (mode ${name === 'data' ? '0744' : '0644'}). Close it: chmod -R go= '/place/data'\n`,
    ]);
    await chmod(path, mode);
    expect(await found(where)).toEqual(ids(3));
  });

  test('that is a file', async () => {
    const where = await place([]);
    await writeFile(where.data, '');
    expect(await said(where, 'sync')).toMatchInlineSnapshot(`
      [
        2,
        "The data folder /place/data cannot be made. Name a folder you may write with: --data <folder>
      ",
      ]
    `);
  });
});

describe('a file of lines', () => {
  test('that is not there keeps what was read before', async () => {
    const where = await filled();
    await rm(where.lines);
    expect(await problems(where)).toMatchInlineSnapshot(`
      [
        1,
        "failed",
        "/place/wiki.jsonl cannot be read (ENOENT). Put it there or correct sources.wiki.path, then: castellan sync wiki",
      ]
    `);
    expect(await found(where)).toEqual(ids(3));
  });

  test('with lines that cannot be read loses only those, and closes what one of them was about', async () => {
    const where = await filled(4);
    const good = jsonLines([accountLine('ada'), ...documents(4)]);
    const bad = Buffer.from(
      '{"type":"delete"\n{"type":"document","key":"d1","titel":"D1"}\n{"type":"delete","key":"d\xff2"}\n',
      'latin1',
    );
    await where.write(Buffer.concat([Buffer.from(`{"type":"listing"}\n${good}`), bad, Buffer.from('{"type":"complete"}\n')]));
    expect(await problems(where)).toMatchInlineSnapshot(`
      [
        1,
        "partial",
        "line 7 is not JSON",
        "d1: line 8: title: is missing",
        "line 9 is not UTF-8",
      ]
    `);
    expect(await found(where)).toEqual(['wiki:d0', 'wiki:d2', 'wiki:d3']);
    await where.write(whole([accountLine('ada'), ...documents(4)]));
    await synced(where);
    expect(await found(where)).toEqual(ids(4));
  });

  test('of no bytes says nothing, and so changes nothing', async () => {
    const where = await filled();
    await where.write('');
    expect(await problems(where)).toEqual([0, 'complete']);
    expect(await found(where)).toEqual(ids(3));
  });

  test('of 100 MB without a line is one problem', async () => {
    const where = await filled();
    await where.write('');
    await truncate(where.lines, 100 * 1024 * 1024);
    expect(await problems(where)).toMatchInlineSnapshot(`
      [
        1,
        "partial",
        "line 1 is longer than 50 MB",
      ]
    `);
    expect(await found(where)).toEqual(ids(3));
  });

  test('that shrank, or was edited in its middle, is read again from the beginning', async () => {
    const where = await filled();
    await where.write(jsonLines([accountLine('ada'), ...documents(2)]));
    expect(await problems(where)).toEqual([0, 'complete']);
    expect(await found(where)).toEqual(ids(3)); // only a whole listing takes away what it does not name
    await where.write(jsonLines([accountLine('ada'), ...documents(1, { text: 'spring edited' }), ...documents(2).slice(1)]));
    expect(await problems(where)).toEqual([0, 'complete']);
    expect(await found(where, 'edited')).toEqual(['wiki:d0']);
  });

  test('with groups and containers in a ring shows nobody what only the ring allows', async () => {
    const where = await place(
      whole([
        accountLine('ada'),
        { type: 'members', group: 'a', members: ['group:b'] },
        { type: 'members', group: 'b', members: ['group:a'] },
        containerLine({ key: 'f', parent: 'g', acl: aclOf(['audience:g']) }),
        containerLine({ key: 'g', parent: 'f', acl: aclOf(['audience:f']) }),
        documentLine({ key: 'in-groups', text: 'spring', acl: aclOf(['group:a']) }),
        documentLine({ key: 'in-folders', text: 'spring', parent: 'f', acl: aclOf(['audience:f']) }),
        documentLine({ key: 'open', text: 'spring' }),
      ]),
    );
    expect(await problems(where)).toEqual([0, 'complete']);
    expect(await found(where)).toEqual(['wiki:open']);
  });

  test('with an acl that names an unknown group shows nobody, and says so to its owner', async () => {
    const where = await place(whole([accountLine('ada'), documentLine({ text: 'spring', acl: aclOf(['group:ghosts']) })]));
    expect(await said(where, 'sync')).toMatchInlineSnapshot(`
      [
        0,
        "wiki   1 read   1 changed   0 deleted   0 problems   0.0 s   complete
        dark     1 document nobody can see: 1 needs a group that was never listed
      ",
      ]
    `);
    expect(await found(where)).toEqual([]);
  });

  test('that completes a listing it never opened deletes nothing', async () => {
    const where = await filled();
    await where.write([...documents(1), { type: 'complete' }]);
    expect(await problems(where)).toMatchInlineSnapshot(`
      [
        1,
        "partial",
        "line 2: complete, but no such listing is open",
      ]
    `);
    expect(await found(where)).toEqual(ids(3));
  });

  test('whose listing lost half of its documents deletes them only when that is accepted', async () => {
    const where = await filled(44);
    await where.write(whole([accountLine('ada'), ...documents(22)]));
    expect(await problems(where)).toMatchInlineSnapshot(`
      [
        1,
        "partial",
        "The listing lacks 22 of 44 documents, so nothing was deleted. If they are really gone: castellan sync wiki --accept-deletions",
      ]
    `);
    expect(await found(where, 'word43')).toContain('wiki:d43');
    expect(await problems(where, '--accept-deletions')).toEqual([0, 'complete']);
    expect(await found(where, 'word43')).not.toContain('wiki:d43');
    expect(await found(where)).toEqual(ids(22));
  });
});

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { jsonl } from '../../connectors/jsonl/sync.ts';
import { aConnectorRun, changesOf } from '../support/a-connector-run.ts';
import { isWhole, problemsOf } from '../support/a-files-source.ts';
import { aFolder } from '../support/a-folder.ts';
import { aclOf, documentLine, jsonLines } from '../support/json-lines.ts';

const LISTING = { type: 'listing' };
const COMPLETE = { type: 'complete' };
const LINES = [LISTING, documentLine({ key: 'plan' }), documentLine({ key: 'party' }), COMPLETE];

/** What is said of this input. */
const piped = async (input: string) => {
  const folder = await aFolder();
  const path = join(folder, 'stdin');
  await writeFile(path, input);
  return changesOf(jsonl, { ...aConnectorRun({ path: '-' }, { folder }), input: path });
};

describe('standard input', () => {
  test('is read as a file would be', async () => {
    const changes = await piped(jsonLines(LINES));
    expect(changes.map(({ type }) => type)).toEqual(['checkpoint', 'listing', 'document', 'document', 'complete', 'checkpoint']);
  });

  test('needs no line end after its last line, and may end with blank ones', async () => {
    expect(isWhole(await piped(jsonLines(LINES).trimEnd()))).toBe(true);
    expect(isWhole(await piped(`${jsonLines(LINES)}\n\n`))).toBe(true);
  });

  test('is read whole although what was read before is its beginning', async () => {
    const folder = await aFolder();
    const path = join(folder, 'stdin');
    await writeFile(path, jsonLines(LINES));
    const run = { ...aConnectorRun({ path: '-' }, { folder }), input: path };
    const last = (await changesOf(jsonl, run)).at(-1);
    const cursor = last?.type === 'checkpoint' ? jsonl.cursor.parse(last.cursor) : undefined;
    const again = await changesOf(jsonl, { ...run, ...(cursor && { cursor }) });
    expect(again.filter(({ type }) => type === 'document')).toHaveLength(2);
  });

  test.each([
    ['nothing at all', ''],
    ['nothing but blank lines', '\n\n'],
    ['cut between two lines', jsonLines(LINES.slice(0, -1))],
    ['cut within its last line', jsonLines(LINES).slice(0, -6)],
    ['without a listing', jsonLines(LINES.slice(1, -1))],
    [
      'the listing of one container alone',
      jsonLines([
        { ...LISTING, of: 'space' },
        { ...COMPLETE, of: 'space' },
      ]),
    ],
    ['going on after its listing', jsonLines([...LINES, { type: 'acl', key: 'plan', acl: aclOf(['user:ada']) }])],
    ['going on with another listing', jsonLines([...LINES, { ...LISTING, of: 'space' }, { ...COMPLETE, of: 'space' }])],
    ['no JSON', 'Usage: export [options]\n'],
  ])('says nothing where it is %s, for what is missing may have closed something', async (_, input) => {
    await expect(piped(input)).rejects.toMatchObject({
      code: 'source_rejected',
      message: expect.stringMatching(/nothing was changed.*then: castellan sync wiki$/u),
    });
  });

  test('is not called whole where a line of it is too long to be read', async () => {
    const huge = `${' '.repeat(51 * 1024 * 1024)}x\n`;
    const changes = await piped(jsonLines([LISTING]) + huge + jsonLines([documentLine(), COMPLETE]));
    expect(isWhole(changes)).toBe(false);
    expect(problemsOf(changes)).toEqual([[undefined, 'line 2 is longer than 50 MB']]);
  });

  test('is not there for whoever only follows', async () => {
    const { folder } = { folder: await aFolder() };
    await expect(changesOf(jsonl, aConnectorRun({ path: '-' }, { folder }))).rejects.toMatchObject({ code: 'config' });
    expect(jsonl.watches?.({ path: '-' }, folder)).toEqual([]);
    expect(jsonl.watches?.({ path: 'lines.jsonl' }, folder)).toEqual([{ path: join(folder, 'lines.jsonl') }]);
  });
});

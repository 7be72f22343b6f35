import { chmod } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';

import { castellan } from '../support/a-command.ts';
import { type APlace, accountLine, aPlace, whole } from '../support/a-place.ts';
import { documentLine } from '../support/json-lines.ts';

let place: APlace;
let anchor: string;

beforeAll(async () => {
  place = await aPlace(whole([accountLine('ada'), documentLine()]));
  anchor = join(place.data, 'anchor.jsonl');
  await place.run(['sync']);
  await place.run(['search', 'spring', '--as', 'ada@acme.test']);
  await place.run(['fetch', 'wiki:none', '--as', 'ada@acme.test']);
});

afterAll(() => place.remove());

const listed = z.strictObject({ rows: z.array(z.looseObject({ tool: z.string(), outcome: z.string() })) });

describe('the list', () => {
  test('names who asked, who sat at the keyboard, what, and what came of it, the newest first', async () => {
    const { code, stdout } = await place.run(['audit', 'list']);
    expect(code).toBe(0);
    const [first = '', second = ''] = stdout.split('\n');
    expect(first).toMatch(/^\S+Z {2}local\|ada@acme\.test by os:\S+ {2}fetch \{"id":"wiki:none"\} {2}absent$/u);
    expect(second).toMatch(/^\S+Z {2}local\|ada@acme\.test by os:\S+ {2}search \{"query":"spring"\} {2}answered {2}1 document$/u);
  });

  test('is as long as asked for, and has a stable shape as JSON', async () => {
    const { rows } = listed.parse(JSON.parse((await place.run(['audit', 'list', '--limit', '1', '--json'])).stdout));
    expect(rows).toMatchObject([
      { seq: 2, client: 'cli', tool: 'fetch', outcome: 'absent', documents: [], hash: expect.any(String) },
    ]);
  });

  test('of a folder that is somebody else’s is not said to have none', async () => {
    await chmod(place.data, 0o755);
    const { code, stderr } = await place.run(['audit', 'list']);
    await chmod(place.data, 0o700);
    expect([code, stderr]).toEqual([2, expect.stringContaining('is open to other users')]);
  });

  test('of a folder without an audit says so, and makes none', async () => {
    expect(await castellan(['audit', 'list', '--data', 'elsewhere'], { cwd: place.folder })).toEqual({
      code: 2,
      stdout: '',
      stderr: 'There is no audit in elsewhere. Ask something first, or name the data folder: --data <folder>\n',
    });
  });
});

test('the chain is consistent by itself, and proven by its anchor', async () => {
  expect((await place.run(['audit', 'verify'])).stdout).toBe(
    'consistent   2 rows. To hold them against signed heads: castellan audit verify --anchor data/anchor.jsonl --data data\n',
  );
  expect((await place.run(['audit', 'verify', '--anchor', anchor])).stdout).toBe(
    'proven   2 rows, 2 of them vouched for by the anchor\n',
  );
  expect(JSON.parse((await place.run(['audit', 'verify', '--json'])).stdout)).toEqual({ state: 'consistent', rows: 2 });
});

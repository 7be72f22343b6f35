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
  test('names who asked, who sat at the keyboard, through what, what came of it and what was shown, the newest first', async () => {
    const { code, stdout } = await place.run(['audit', 'list']);
    expect(code).toBe(0);
    const [first = '', second = ''] = stdout.split('\n');
    expect(first).toMatch(/^\S+Z {2}local\|ada@acme\.test by os:\S+ {2}cli {2}fetch {2}absent$/u);
    expect(second).toMatch(/^\S+Z {2}local\|ada@acme\.test by os:\S+ {2}cli {2}search {2}answered {2}wiki:plan$/u);
  });

  test('is as long as asked for, and has a stable shape as JSON', async () => {
    const { rows } = listed.parse(JSON.parse((await place.run(['audit', 'list', '--limit', '1', '--json'])).stdout));
    expect(rows).toMatchObject([
      { seq: 2, client: 'cli', tool: 'fetch', outcome: 'absent', documents: [], hash: expect.any(String) },
    ]);
  });

  test('does not show what was asked, in words or as JSON', async () => {
    for (const words of [[], ['--json']]) {
      const { code, stdout } = await place.run(['audit', 'list', ...words]);
      expect([code, stdout]).toEqual([0, expect.not.stringMatching(/spring|wiki:none|arguments|"email"/u)]);
    }
  });

  test('shows what was asked only to who says why, once that is on the chain with their name', async () => {
    for (const words of [['--reveal'], ['--reveal', '--reason', '  '], ['--reason', 'curious']]) {
      expect(await place.run(['audit', 'list', ...words])).toMatchObject({ code: 2, stdout: '' });
    }
    const { code, stdout } = await place.run(['audit', 'list', '--reveal', '--reason', 'ticket 7', '--json']);
    const { rows } = listed.parse(JSON.parse(stdout));
    expect(code).toBe(0);
    expect(rows).toMatchObject([{ arguments: { id: 'wiki:none' } }, { arguments: { query: 'spring' }, email: 'ada@acme.test' }]);

    const after = await place.run(['audit', 'list', '--limit', '1', '--reveal', '--reason', 'who looked?']);
    expect(after.stdout).toMatch(/^\S+Z {2}os:\S+ {2}cli {2}audit list \{"reason":"ticket 7","reveal":true\} {2}answered\n$/u);
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
    'consistent   4 rows. To hold them against signed heads: castellan audit verify --anchor data/anchor.jsonl --data data\n',
  );
  expect((await place.run(['audit', 'verify', '--anchor', anchor])).stdout).toBe(
    'proven   4 rows, 4 of them vouched for by the anchor\n',
  );
  expect(JSON.parse((await place.run(['audit', 'verify', '--json'])).stdout)).toEqual({ state: 'consistent', rows: 4 });
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';

import { castellan, type Ended } from '../support/a-command.ts';
import { type Hurt, run, withFilesUpTo, withRoomFor } from './command.ts';
import { differences, dump } from './dump.ts';
import { copyOf, type Place } from './place.ts';
import { readingsOfCopy, widened } from './readings.ts';
import { openStates, type States } from './states.ts';

const PATIENCE = 60_000;

let states: States;
beforeAll(async () => {
  states = await openStates('none');
}, PATIENCE);
afterAll(() => states.close());

const on = ({ config, data }: Place, ...words: readonly string[]): Promise<Ended> =>
  castellan([...words, '--json', '--config', config, '--data', data]);

const refusalSchema = z.strictObject({ error: z.strictObject({ code: z.string(), message: z.string() }) });

const refusal = ({ code, stdout, stderr }: Hurt): { code: string; message: string } => {
  expect([code, stdout]).toEqual([1, '']);
  return refusalSchema.parse(JSON.parse(stderr)).error;
};

const REMEDY = /cannot be written or read \(.+\)\. Check its disk and the space left on it, then run the command again\.$/u;

describe('a disk that fills during a sync', { timeout: PATIENCE }, () => {
  test.each([
    ['because the engine finds no room for another page', withRoomFor(8, 'index.db')],
    ['because a write of the log is cut in its middle', withFilesUpTo(150)],
  ])('loses nothing and widens nothing, %s, and the next sync completes', async (_, program) => {
    const course = states.of('next sync');
    const place = await copyOf(course.start, await states.folder());

    const { code, message } = refusal(await run(place, program, course.words));
    expect(code).toBe('unavailable');
    expect(message).toMatch(REMEDY);

    const between = await readingsOfCopy(place);
    expect(widened(between, course.before, course.after)).toEqual([]);
    expect([...course.before.keys()].filter((reading) => course.after.has(reading) && !between.has(reading))).toEqual([]);

    expect(await on(place, ...course.words)).toMatchObject({ code: 0, stderr: '' });
    expect(differences(course.end.dump, dump(place.index))).toEqual([]);
  });
});

describe('a disk that has no room for the audit', { timeout: PATIENCE }, () => {
  test('lets a search say that it is unavailable, and show nothing', async () => {
    const { start, words } = states.of('search');
    const place = await copyOf(start, await states.folder());
    await on(place, ...words);

    const { code, message } = refusal(await run(place, withRoomFor(0, 'ledger.db'), words));
    expect(code).toBe('unavailable');
    expect(message).toMatch(/^The audit ledger /u);
    expect(message).toMatch(REMEDY);

    expect(await on(place, 'audit', 'verify')).toMatchObject({ code: 0, stdout: '{"state":"consistent","rows":1}\n' });
    expect(await on(place, ...words)).toMatchObject({ code: 0 });
    expect(await on(place, 'audit', 'verify')).toMatchObject({ code: 0, stdout: '{"state":"consistent","rows":2}\n' });
  });
});

import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type AnHttpPlace, anHttpPlace } from '../support/a-http-place.ts';
import { aResponsesEndpoint, type AResponsesEndpoint } from '../support/a-responses-endpoint.ts';
import { type Asked, type AskingOptions, askThrough } from '../support/asking-a-model.ts';

const QUESTION = 'How large is the salary increase for 2026?';

let place: AnHttpPlace;

beforeAll(async () => {
  place = await anHttpPlace();
});
afterAll(() => place.remove());

const ask = (argv: readonly string[], options: AskingOptions = {}): Promise<Asked> => askThrough(place, argv, options);

/** While no conversation can be written. */
const without = async <T>(work: () => Promise<T>): Promise<T> => {
  const [folder, aside] = [join(place.data, 'conversations'), join(place.data, 'conversations-aside')];
  await rename(folder, aside).catch(() => undefined);
  await writeFile(folder, '', { mode: 0o600 }); // a file where the folder should be: nobody writes into it
  try {
    return await work();
  } finally {
    await rm(folder);
    await rename(aside, folder).catch(() => undefined);
  }
};

describe('an answer that cannot be kept', () => {
  test.each([[[]], [['--json']]])('is printed all the same, and it is said that it is not: %j', async (more) => {
    const { code, stdout, stderr } = await without(() => ask([QUESTION, '--as', 'dan@acme.test', ...more]));
    expect([code, stdout.includes('It is said')]).toEqual([0, true]);
    expect(stdout).toContain('handbook:hr/compensation/salary-review-2026.md');
    expect(stderr).toContain('This turn could not be kept in ');
  });

  test('because the person was answered elsewhere meanwhile replaces nothing of the other', async () => {
    let inner: Asked | undefined;
    const endpoint: AResponsesEndpoint = await aResponsesEndpoint({
      holds: async () => {
        if (endpoint.asked.length === 2)
          inner = await ask(['And of leave?', '--as', 'dan@acme.test', '--continue'], { endpoint });
      },
    });
    await ask([QUESTION, '--as', 'dan@acme.test'], { endpoint });
    const outer = await ask(['And what of benefits?', '--as', 'dan@acme.test', '--continue'], { endpoint });
    expect([outer.code, inner?.code]).toEqual([0, 0]);
    expect(inner?.stderr).not.toContain('meanwhile');
    expect(outer.stderr).toContain('The same person was answered elsewhere meanwhile, so this turn was not kept');
    await ask(['And?', '--as', 'dan@acme.test', '--continue', '--json'], { endpoint });
    const [first, ...later] = endpoint.asked.map(({ previous_response_id: previous }) => previous);
    expect([first, later[0] === later[1], later[2] === later[0]]).toEqual([undefined, true, false]);
  });
});

import { expect, test } from 'vitest';

import type { Drift } from '../../src/core/drift.ts';
import { openStore } from '../../src/store/sqlite/index-store.ts';
import { aPatient, HOUR, NOW } from '../support/a-patient.ts';
import { inProcess } from '../support/a-program.ts';

const DAY = 24 * HOUR;

/** A patient whose last run, an hour ago, met these things. */
const having = async (...met: readonly (readonly [Drift, number])[]) => {
  const patient = await aPatient({ at: NOW - 2 * DAY });
  const at = NOW - HOUR / 2;
  const store = await openStore({ path: patient.opened.index, now: () => at });
  const writer = await store.open('wiki', 'jsonl', at);
  await writer.write([{ type: 'unchanged' }]);
  const drift = { met: met.map(([what, times]) => ({ what, times })), more: 0 };
  await writer.finish({ status: 'complete', counts: { read: 1, changed: 0, deleted: 0, problems: 0 }, problems: [], drift }, at);
  await store.close();
  return patient;
};

const field = (kind: 'unknown_field' | 'moved_field', path: string): Drift => ({ kind, call: 'GET /pages', path });

test('fields that nobody knows are told, and are nothing bad', async () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  const patient = await having(...names.map((name) => [field('unknown_field', name), 3] as const));
  const { code, stdout } = await patient.run();
  expect(code).toBe(0);
  expect(stdout).toContain(
    '7 fields nobody knows here, and nothing is read from: a of GET /pages, b of GET /pages, c of GET /pages, d of GET /pages, e of GET /pages and 2 more',
  );
  expect((await patient.found())[0]).toBe(0);
});

test('replies that could not be understood are told by what moved, and since when', async () => {
  const patient = await having([field('moved_field', '[].author.login'), 8], [field('moved_field', ''), 1]);
  expect(await patient.found()).toEqual([
    0,
    'warn wiki: 9 replies could not be understood, since run 2 30 min ago: [].author.login of GET /pages (8 times) and it is not known where (1 time). → a newer version of Castellan may know what moved; then: castellan sync wiki',
  ]);
});

test.each([
  [29 * DAY, 'fail', 'ends on 2026-05-30', 1],
  [31 * DAY, 'warn', 'ends on 2026-06-01', 0],
  [-DAY, 'fail', 'ended on 2026-04-30', 1],
  [undefined, 'warn', 'is to end', 0],
] as const)('what ends in %s ms is told with its day: %s', async (left, state, when, code) => {
  const sunset: Drift = {
    kind: 'sunset',
    call: 'GET /pages',
    ...(left === undefined ? {} : { at: NOW + left }),
    link: 'https://a.test/x',
  };
  const patient = await having([sunset, 4]);
  expect(await patient.found()).toEqual([
    code,
    `${state} wiki: What Castellan calls there ${when} (GET /pages). https://a.test/x says more. → update Castellan before then: a newer version may call what takes its place`,
  ]);
});

test('advice is told while the newest run gives it', async () => {
  const patient = await having([{ kind: 'advice', message: 'Give the role BYPASSRLS.' }, 1]);
  expect(await patient.found()).toEqual([0, 'warn wiki: Give the role BYPASSRLS. → ']);
  const store = await openStore({ path: patient.opened.index, now: () => NOW });
  const writer = await store.open('wiki', 'jsonl', NOW - HOUR / 4);
  await writer.write([{ type: 'unchanged' }]);
  await writer.finish({ status: 'complete', counts: { read: 0, changed: 0, deleted: 0, problems: 0 }, problems: [] }, NOW);
  await store.close();
  expect(await patient.found()).toEqual([0]);
});

test('the status carries it for machines, and points to the doctor', async () => {
  const { folder } = await having([field('moved_field', 'id'), 2], [{ kind: 'sunset', call: 'GET /pages', at: NOW + DAY }, 1]);
  const status = (...argv: readonly string[]) =>
    inProcess(['status', ...argv, '--config', `${folder}/castellan.yaml`, '--data', `${folder}/data`], {
      temporary: folder,
      now: () => NOW,
    });
  expect(JSON.parse((await status('--json')).stdout)).toMatchObject({
    sources: [
      {
        drift: [
          { kind: 'moved_field', call: 'GET /pages', path: 'id', times: 2, first_run: 2, first_at: '2026-05-01T11:30:00.000Z' },
          {
            kind: 'sunset',
            call: 'GET /pages',
            ends_at: '2026-05-02T12:00:00.000Z',
            times: 1,
            last_at: '2026-05-01T11:30:00.000Z',
          },
        ],
        drift_more: 0,
      },
    ],
  });
  expect((await status()).stdout).toContain(
    '  changed  it is not, or will not be, what its connector was written for: castellan doctor',
  );
});

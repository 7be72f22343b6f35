import { describe, expect, test } from 'vitest';

import { overdue, tellOverdue } from '../../src/cli/overdue.ts';
import { USUAL_PLACE } from '../../src/cli/said.ts';
import { createTerminal } from '../../src/cli/terminal.ts';
import { DEFAULT_FRESHNESS } from '../../src/core/freshness.ts';
import type { SourceStatus } from '../../src/store/store.ts';
import { aStream } from '../support/a-stream.ts';

const HOUR = 3_600_000;
const sources = new Map([['handbook', DEFAULT_FRESHNESS]]);

const aStatus = (confirmed: Pick<SourceStatus, 'oldestPermissions' | 'oldestContent'>): SourceStatus => ({
  name: 'handbook',
  connector: 'files',
  documents: 1,
  chunks: 1,
  waitingForVectors: 0,
  dark: { unknownAcl: 0, orgWithoutDirectory: 0, groupNeverListed: 0, containerAbsent: 0 },
  deniedByAccount: 0,
  outdated: 0,
  running: false,
  whole: {},
  drift: { met: [], more: 0 },
  lastRun: { status: 'complete', counts: { read: 1, changed: 1, deleted: 0, problems: 0 }, problems: [], startedAt: 0 },
  ...confirmed,
});

describe('a source', () => {
  test('within its promises is not mentioned', () => {
    expect(overdue(sources, [aStatus({ oldestPermissions: 0, oldestContent: 0 })], HOUR)).toEqual([]);
  });

  test('of which nothing is stored is not late', () => {
    expect(overdue(sources, [aStatus({})], 100 * HOUR)).toEqual([]);
  });

  test('past both is late twice: its permissions hide, its content is labelled', () => {
    expect(overdue(sources, [aStatus({ oldestPermissions: 0, oldestContent: 0 })], 26 * HOUR)).toEqual([
      { source: 'handbook', what: 'permissions', age: 26 * HOUR, within: 24 * HOUR, effect: 'hidden' },
      { source: 'handbook', what: 'content', age: 26 * HOUR, within: HOUR, effect: 'labelled' },
    ]);
  });

  test('that can be asked is asked before what is older is shown', () => {
    const promised = { within: HOUR, onBreach: 'live' } as const;
    const live = new Map([['handbook', { content: promised, permissions: promised }]]);
    expect(overdue(live, [aStatus({ oldestPermissions: 0 })], 2 * HOUR)).toEqual([
      { source: 'handbook', what: 'permissions', age: 2 * HOUR, within: HOUR, effect: 'asked' },
    ]);
  });

  test('that was never read is missing, and the owner hears so', () => {
    const { lastRun: _, ...never } = aStatus({});
    const late = overdue(sources, [never], HOUR);
    expect(late).toEqual([{ source: 'handbook', what: 'everything', effect: 'missing' }]);
    const stderr = aStream();
    tellOverdue(createTerminal({ stdout: aStream(), stderr, colour: false }).err, late, USUAL_PLACE);
    expect(stderr.written()).toBe('Nothing of handbook was read yet. Run: castellan sync handbook\n');
  });

  test('that was never even begun is missing like one that was', () => {
    const both = new Map([...sources, ['tickets', DEFAULT_FRESHNESS]]);
    expect(overdue(both, [aStatus({ oldestPermissions: 0, oldestContent: 0 })], HOUR)).toEqual([
      { source: 'tickets', what: 'everything', effect: 'missing' },
    ]);
  });

  test('that is being read for the first time is on its way, and the owner hears so', () => {
    const { lastRun: _, ...never } = aStatus({ oldestPermissions: HOUR, oldestContent: HOUR });
    const late = overdue(sources, [{ ...never, running: true }], HOUR);
    expect(late).toEqual([{ source: 'handbook', what: 'everything', effect: 'coming' }]);
    const stderr = aStream();
    tellOverdue(createTerminal({ stdout: aStream(), stderr, colour: false }).err, late, USUAL_PLACE);
    expect(stderr.written()).toBe('handbook is being read for the first time: what is not in yet is not found.\n');
  });

  test('that is not configured any more is not judged', () => {
    expect(overdue(new Map(), [aStatus({ oldestPermissions: 0 })], 26 * HOUR)).toEqual([]);
  });
});

test('the owner hears what it means, and the command that mends it', () => {
  const stderr = aStream();
  const { err } = createTerminal({ stdout: aStream(), stderr, colour: false });
  const late = overdue(sources, [aStatus({ oldestPermissions: 0, oldestContent: 25 * HOUR })], 26 * HOUR);
  tellOverdue(err, late, { config: 'mine/castellan.yaml', data: '.castellan' });
  expect(stderr.written()).toMatchInlineSnapshot(`
    "The permissions of handbook were last confirmed 26 h ago and promised within 24 h: what is older is hidden from everybody. Run: castellan sync handbook --config mine/castellan.yaml
    "
  `);
});

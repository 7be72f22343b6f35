import { expect, test } from 'vitest';

import type { Due } from '../../src/core/connector.ts';
import { DEFAULT_FRESHNESS } from '../../src/core/freshness.ts';
import { type Asked, dueOf, nextDueAt, type Schedule, scheduleOf, type Standing, type Whole } from '../../src/core/schedule.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = Date.parse('2026-03-01T09:00:00Z');
const SCHEDULE: Schedule = { listing: 24 * HOUR, permissions: 5 * MINUTE, content: 15 * MINUTE };

const ago = (listing: number, permissions: number, content: number): Whole => ({
  listing: NOW - listing,
  permissions: NOW - permissions,
  content: NOW - content,
});
const ALL: Due = { listing: true, permissions: true, content: true };
const BOTH: Due = { listing: false, permissions: true, content: true };
const PERMISSIONS: Due = { listing: false, permissions: true, content: false };
const CONTENT: Due = { listing: false, permissions: false, content: true };

interface Case {
  readonly when: string;
  readonly whole: Whole;
  readonly due: Due;
  readonly listed?: boolean;
  readonly asked?: Asked;
  readonly apart?: boolean;
}

const CASES: readonly Case[] = [
  { when: 'it was never read', whole: {}, listed: false, due: ALL },
  { when: 'its whole listing was refused', whole: ago(HOUR, MINUTE, MINUTE), listed: false, due: ALL },
  { when: 'nobody remembers when it was listed', whole: { permissions: NOW, content: NOW }, due: ALL },
  { when: 'a day has passed since its listing', whole: ago(24 * HOUR, MINUTE, MINUTE), due: ALL },
  { when: 'only permissions are due', whole: ago(HOUR, 5 * MINUTE, 6 * MINUTE), due: PERMISSIONS },
  { when: 'only contents are due', whole: ago(HOUR, MINUTE, 15 * MINUTE), due: CONTENT },
  { when: 'both are due', whole: ago(HOUR, 5 * MINUTE, 15 * MINUTE), due: BOTH },
  { when: 'one is due and the other very soon', whole: ago(HOUR, 5 * MINUTE, 14 * MINUTE), due: BOTH },
  { when: 'nothing is due and it is read all the same', whole: ago(HOUR, MINUTE, MINUTE), due: BOTH },
  { when: 'permissions are due and cannot be brought apart', whole: ago(HOUR, 5 * MINUTE, 6 * MINUTE), apart: false, due: BOTH },
  { when: 'it changed', whole: ago(HOUR, 5 * MINUTE, 6 * MINUTE), asked: 'changes', due: BOTH },
  { when: 'it changed and a listing is due', whole: ago(24 * HOUR, MINUTE, MINUTE), asked: 'changes', due: ALL },
  { when: 'somebody wants all of it', whole: ago(HOUR, MINUTE, MINUTE), asked: 'whole', due: ALL },
  { when: 'somebody wants its permissions', whole: ago(24 * HOUR, MINUTE, HOUR), asked: 'permissions', due: PERMISSIONS },
  {
    when: 'somebody wants permissions that cannot be brought apart',
    whole: ago(HOUR, 0, 0),
    asked: 'permissions',
    apart: false,
    due: BOTH,
  },
  { when: 'somebody wants permissions of what was never read', whole: {}, listed: false, asked: 'permissions', due: ALL },
  { when: 'the clock was set back since its contents', whole: ago(HOUR, MINUTE, -HOUR), due: CONTENT },
];

test.each(CASES.map((one) => [one.when, one] as const))('where %s, a run brings what is due', (_, given) => {
  const { whole, due, listed = true, asked = 'due', apart = true } = given;
  const standing: Standing = { listed, whole };
  expect(dueOf(standing, { asked, schedule: SCHEDULE, apart, now: NOW })).toEqual(due);
});

test('permissions are never brought less often than contents, though they are promised for longer', () => {
  expect(scheduleOf(DEFAULT_FRESHNESS)).toEqual({ listing: 24 * HOUR, permissions: 30 * MINUTE, content: 30 * MINUTE });
});

test('half of each promise passes before it is renewed, and a day before all is listed', () => {
  const { content } = DEFAULT_FRESHNESS;
  const permissions = { within: 10 * MINUTE, onBreach: 'deny' } as const;
  expect(scheduleOf({ content, permissions })).toEqual({ listing: 24 * HOUR, permissions: 5 * MINUTE, content: 30 * MINUTE });
});

test('whoever waits for what is due first finds it due, however early they come by their name', () => {
  for (const early of [0, 0.3, 0.999]) {
    const whole = ago(HOUR, MINUTE, MINUTE);
    const at = nextDueAt(whole, SCHEDULE, { early, now: NOW });
    expect(at).toBeGreaterThan(NOW);
    expect(at).toBeLessThanOrEqual(NOW + 4 * MINUTE);
    expect(dueOf({ listed: true, whole }, { asked: 'due', schedule: SCHEDULE, apart: true, now: at })).toEqual(PERMISSIONS);
  }
});

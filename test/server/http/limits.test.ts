import { describe, expect, test } from 'vitest';

import { createBuckets } from '../../../src/server/http/bucket.ts';
import { callerName, createLimits } from '../../../src/server/http/limits.ts';
import { isRefusal } from '../../../src/server/http/refusal.ts';

const bearer = (issuer: string, subject: string, client: string) => ({
  identity: { issuer, subject },
  client,
  scopes: [],
  expiresAt: 0,
});

describe('a bucket', () => {
  test('fills again as time goes by, and never beyond its size', () => {
    let at = 0;
    const buckets = createBuckets({ capacity: 2, perMs: 1000, most: 10, now: () => at });
    expect([buckets.take('a'), buckets.take('a'), buckets.take('a')]).toEqual([0, 0, 500]);
    at = 500;
    expect([buckets.take('a'), buckets.take('a')]).toEqual([0, 500]);
    at = 1_000_000;
    expect([buckets.take('a'), buckets.take('a'), buckets.take('a')]).toEqual([0, 0, 500]);
  });

  test('fills by no clock that was set back', () => {
    let at = 1000;
    const buckets = createBuckets({ capacity: 1, perMs: 1000, most: 10, now: () => at });
    expect(buckets.take('a')).toBe(0);
    at = 0;
    expect(buckets.take('a')).toBe(1000);
    at = 500;
    expect(buckets.take('a')).toBe(500);
  });

  test('is given back what was taken, and no more than it holds', () => {
    const buckets = createBuckets({ capacity: 1, perMs: 1000, most: 10, now: () => 0 });
    buckets.take('a');
    buckets.giveBack('a');
    buckets.giveBack('a');
    expect([buckets.take('a'), buckets.take('a')]).toEqual([0, 1000]);
  });

  test('is forgotten when it was used longest ago, so that names without end take no memory without end', () => {
    const buckets = createBuckets({ capacity: 1, perMs: 1000, most: 2, now: () => 0 });
    for (const name of ['a', 'b', 'a', 'c']) buckets.take(name);
    expect([buckets.take('a'), buckets.take('b')]).toEqual([1000, 0]);
  });
});

describe('limits', () => {
  test('turn everybody away when all of them together take too much, and not for ever', () => {
    const limits = createLimits({ perMinute: 1000, atOnce: 1000, now: () => 0 });
    const places = Array.from({ length: 500 }, (_, n) => limits.enter(`caller ${n}`));
    expect(places.filter(isRefusal)).toEqual([]);
    expect(limits.enter('one more')).toMatchObject({ refused: 'unavailable', headers: { 'retry-after': '1' } });
    for (const place of places) if (!isRefusal(place)) [place, place].forEach(({ leave }) => leave()); // twice counts once
    expect(limits.inFlight).toBe(0);
    expect(isRefusal(limits.enter('one more'))).toBe(false);
  });

  test('take nobody for somebody else', () => {
    const names = [
      bearer('a|1:b', 'c', 'd'),
      bearer('a', '1:b|c', 'd'),
      bearer('a', 'b', 'c|d'),
      bearer('a', 'b|c', 'd'),
      bearer('a', 'b', 'd'),
    ].map(callerName);
    expect(new Set(names).size).toBe(names.length);
  });
});

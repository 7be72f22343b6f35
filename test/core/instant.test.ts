import { expect, test } from 'vitest';

import { spanOf } from '../../src/core/instant.ts';

const written = (text: string): string | undefined => {
  const span = spanOf(text);
  return span && `${new Date(span.from).toISOString()} ${new Date(span.to).toISOString()}`;
};

test('a day is all of it, in UTC', () => {
  expect(written('2026-03-31')).toBe('2026-03-31T00:00:00.000Z 2026-03-31T23:59:59.999Z');
});

test.each(['2026-03-31T12:00:00Z', '2026-03-31T14:00+02:00', '2026-03-31T12:00:00.000Z', '2026-03-31T02:00:00-10:00'])(
  'an instant is itself, in whatever zone it is written: %s',
  (text) => {
    expect(written(text)).toBe('2026-03-31T12:00:00.000Z 2026-03-31T12:00:00.000Z');
  },
);

test.each([
  '',
  'soon',
  '31.3.2026',
  '2026-02-30',
  '2026-13-01',
  '2026-03-31T12:00:00', // of which zone?
  '2026-03-31 12:00:00Z',
  '2026-03-31T25:00:00Z',
  '2026-03-31T12:00:00Z ',
  '1775000000000',
  '0000-00-00',
])('%j is no time', (text) => {
  expect(spanOf(text)).toBeUndefined();
});

import { expect, test } from 'vitest';

import { tellNotices } from '../../src/sources/tell-notices.ts';

test('each thing a source has to say is told once, as a sentence', () => {
  const told: string[] = [];
  const tell = tellNotices('app', (sentence) => void told.push(sentence));
  for (let time = 0; time < 3; time += 1) {
    tell({ kind: 'advice', message: 'Sync more often.' });
    tell({ kind: 'sunset', call: 'GET /pages', at: new Date('2027-03-01T00:00:00Z'), link: 'https://app.test/end' });
    tell({ kind: 'sunset', call: 'GET /pages/*' });
  }
  expect(told).toEqual([
    'app: Sync more often.',
    'app: What Castellan calls there ends on 2027-03-01 (GET /pages). Look for a newer version; https://app.test/end says more.',
    'app: What Castellan calls there is to end (GET /pages/*). Look for a newer version.',
  ]);
});

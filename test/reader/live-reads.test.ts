import { describe, expect, test, vi } from 'vitest';

import type { LiveNeed, LiveWord } from '../../src/core/live.ts';
import { type Live, openLive } from '../../src/reader/live.ts';
import { anAccount, only } from '../support/builders.ts';

const never = new AbortController().signal;

const need = (key: string, given: Partial<LiveNeed> = {}): LiveNeed => ({
  id: `wiki:${key}`,
  source: 'wiki',
  key,
  known: { title: 'Plan' },
  ...given,
});
const many = (count: number, given: Partial<LiveNeed> = {}): LiveNeed[] =>
  Array.from({ length: count }, (_, at) => need(`k${at}`, given));

/** Says yes to all. */
const yes = ({ id }: LiveNeed): LiveWord => ({
  id,
  at: 1,
  says: { acl: only('public'), labels: [], title: 'Plan', bodyHash: '' },
});
const keysThrough = (words: readonly LiveWord[]): string[] =>
  words.filter(({ says }) => says).map(({ id }) => id.slice('wiki:'.length));

interface Open {
  readonly live: Live;
  readonly asked: { readonly need: LiveNeed; readonly signal: AbortSignal; answer(): void; fail(): void }[];
}

/** Reads that end when a test lets them. */
const open = (deadlineMs = 5000): Open => {
  const asked: Open['asked'] = [];
  const live = openLive({
    now: () => 1,
    deadlineMs,
    read: (asking, signal) => {
      const { promise, resolve, reject } = Promise.withResolvers<LiveWord>();
      asked.push({ need: asking, signal, answer: () => resolve(yes(asking)), fail: () => reject(new Error('no')) });
      return promise;
    },
  });
  return { live, asked };
};

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
const answerAll = async ({ asked }: Open): Promise<void> => {
  for (let at = 0; at < asked.length; at += 1) {
    asked[at]?.answer();
    await turn();
    await turn();
  }
};

describe('sources are asked', () => {
  test('about at most ten documents of one answer at the same time, and then about the rest', async () => {
    const opened = open();
    const reading = opened.live.read(many(11), { caller: 'ada', signal: never });
    await turn();
    expect(opened.asked).toHaveLength(10);
    opened.asked[3]?.answer();
    await turn();
    await turn();
    expect(opened.asked).toHaveLength(11);
    await answerAll(opened);
    expect(keysThrough(await reading)).toEqual(many(11).map(({ key }) => key));
  });

  test('by turns: whoever asks much leaves room for others', async () => {
    const opened = open();
    const mine = Array.from({ length: 8 }, (_, at) =>
      opened.live.read(many(10, { source: `s${at}` }), { caller: 'ada', signal: never }),
    );
    await turn();
    expect(opened.asked).toHaveLength(20);
    const other = opened.live.read([need('other')], { caller: 'bob', signal: never });
    await turn();
    expect(opened.asked.map((one) => one.need.key)).toContain('other');
    await answerAll(opened);
    expect(keysThrough(await other)).toEqual(['other']);
    await Promise.all(mine);
  });

  test('about at most forty documents at the same time, whoever asks', async () => {
    const opened = open();
    const reading = ['ada', 'bob', 'cem'].map((caller) =>
      Array.from({ length: 3 }, (_, at) => opened.live.read(many(10, { source: `${caller}${at}` }), { caller, signal: never })),
    );
    await turn();
    expect(opened.asked).toHaveLength(40);
    await answerAll(opened);
    expect((await Promise.all(reading.flat())).flatMap(keysThrough)).toHaveLength(90);
  });

  test('once by all who ask for the same document as the same account, and again by everybody else', async () => {
    const opened = open();
    const ada = anAccount({ id: 'ada' });
    const read = (given: Partial<LiveNeed>) =>
      opened.live.read([need('k', given)], { caller: JSON.stringify(given), signal: never });
    const reading = [
      read({ as: ada }),
      read({ as: ada }),
      read({ as: anAccount({ id: 'bob' }) }),
      read({}),
      read({}),
      read({ source: 'desk' }),
    ];
    await turn();
    expect(opened.asked.map((one) => [one.need.source, one.need.as?.id])).toEqual([
      ['wiki', 'ada'],
      ['wiki', 'bob'],
      ['wiki', undefined],
      ['desk', undefined],
    ]);
    await answerAll(opened);
    expect((await Promise.all(reading)).flatMap(keysThrough)).toHaveLength(6);
  });

  test('anew by whoever asks after the last answer', async () => {
    const opened = open();
    for (let time = 1; time <= 3; time++) {
      const reading = opened.live.read([need('k')], { caller: 'ada', signal: never });
      await turn();
      opened.asked.at(-1)?.answer();
      expect(keysThrough(await reading)).toEqual(['k']);
      expect(opened.asked).toHaveLength(time);
    }
  });
});

describe('a document is refused', () => {
  test('after the deadline, also where its turn never came, and all others are not', async () => {
    const opened = open(80);
    const reading = opened.live.read(many(11), { caller: 'ada', signal: never });
    await turn();
    opened.asked[0]?.answer();
    await turn();
    await turn();
    expect(opened.asked).toHaveLength(11);
    const since = performance.now();
    expect(keysThrough(await reading)).toEqual(['k0']);
    expect(performance.now() - since).toBeLessThan(2000);
    await vi.waitFor(() => expect(opened.asked.slice(1).every(({ signal }) => signal.aborted)).toBe(true));
  });

  test('where its source fails, and all others are not', async () => {
    const opened = open();
    const reading = opened.live.read(many(3), { caller: 'ada', signal: never });
    await turn();
    opened.asked[1]?.fail();
    opened.asked[0]?.answer();
    opened.asked[2]?.answer();
    expect(keysThrough(await reading)).toEqual(['k0', 'k2']);
  });

  test('where the word is about another one', async () => {
    const live = openLive({ now: () => 1, read: async () => yes(need('other')) });
    expect(await live.read([need('k')], { caller: 'ada', signal: never })).toEqual([{ id: 'wiki:k', at: 1 }]);
  });

  test('by nobody who stays when another one leaves', async () => {
    const opened = open();
    const leaving = new AbortController();
    const gone = opened.live.read([need('k')], { caller: 'ada', signal: leaving.signal });
    const stays = opened.live.read([need('k')], { caller: 'bob', signal: never });
    await turn();
    leaving.abort();
    expect(keysThrough(await gone)).toEqual([]);
    expect(opened.asked.map(({ signal }) => signal.aborted)).toEqual([false]);
    opened.asked[0]?.answer();
    expect(keysThrough(await stays)).toEqual(['k']);
  });

  test('without a request, once as many as may be hang for good, until they end', async () => {
    const opened = open(20);
    for (let round = 0; round < 6; round++) {
      await opened.live.read(many(10, { known: { title: `${round}` } }), { caller: 'ada', signal: never });
      await vi.waitUntil(() => opened.asked.every(({ signal }) => signal.aborted)); // whoever asked is told first
    }
    expect(opened.asked).toHaveLength(40);
    const desk = opened.live.read([need('k', { source: 'desk' })], { caller: 'ada', signal: never });
    await turn();
    expect(opened.asked).toHaveLength(41); // another source is none the worse
    await answerAll(opened);
    expect(keysThrough(await desk)).toEqual(['k']);
    const again = opened.live.read([need('k')], { caller: 'ada', signal: never });
    await turn();
    opened.asked.at(-1)?.answer();
    expect(keysThrough(await again)).toEqual(['k']);
  });
});

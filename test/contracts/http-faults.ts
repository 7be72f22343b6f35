import { vi } from 'vitest';

import type { AFaultProxy, HttpFault, Strike } from '../support/a-fault-proxy.ts';
import type { Ends, FaultCase, FaultyWorld } from './fault-contract.ts';

/** A world behind a proxy. */
export interface ProxiedWorld extends FaultyWorld {
  readonly proxy: AFaultProxy;
  /** By which whoever fetches waits. */
  readonly clock: { now: number };
}

/** Which of a connector's calls are struck. */
export interface Struck {
  /** A listing of documents that has at least two pages, in every course. */
  readonly listing: string;
  /** A call that says who people are, or who is in a group. */
  readonly people: string;
  /** A call for one document, if there is one: 403, 404 and 410 leave that document out, and no other. */
  readonly document?: { readonly on: string; readonly nth: number };
  /** Paths in a page of the listing: what a document is called, and what says who may see it. */
  readonly title: string;
  readonly readers?: { readonly on: string; readonly at: string };
  /** A text, and the call it comes by. */
  readonly text: { readonly on: string; readonly at: string };
  /** How a listing of nothing ends, since few sources say how much there is. */
  readonly nothing: FaultCase<never>['ends'];
  /** The same of a missing page; absent where nobody could tell. */
  readonly missing?: FaultCase<never>['ends'];
  /** How a page ends whose elements were there before: mended unless said otherwise. */
  readonly twice?: Ends;
  /** How a next page ends that is this one: told unless said otherwise. */
  readonly circle?: FaultCase<never>['ends'];
}

const HOUR = 3_600_000;
/** So much later the fetch has lost its patience with any call, in ms. */
const PATIENCE = 125_000;

const status = (code: number, headers: Record<string, string> = {}): HttpFault => ({ kind: 'status', status: code, headers });

/** The faults of networks and servers, one by one. */
export const httpFaults = <World extends ProxiedWorld>(struck: Struck): readonly FaultCase<World>[] => {
  const { listing, people, document, title, readers, text, missing, nothing } = struck;
  const { twice = 'mended', circle = { told: /circle/u } } = struck;
  const on = (name: string, ends: FaultCase<never>['ends'], ...strikes: readonly Strike[]): FaultCase<World> => ({
    name,
    begin: ({ proxy }) => proxy.script(strikes),
    end: ({ proxy, clock }) => {
      proxy.script([]);
      clock.now += HOUR;
    },
    ends,
  });
  const late = (name: string, ends: Ends, strike: Strike): FaultCase<World> => ({ ...on(name, ends, strike), beside: waitedOut });
  const second = (fault: HttpFault, times = 1): Strike => ({ on: listing, nth: 2, times, fault });
  const soon = { 'retry-after': 'Sun, 01 Mar 2026 21:00:09 GMT', date: 'Sun, 01 Mar 2026 21:00:00 GMT' };
  const changed = (name: string, strike: Strike): FaultCase<World> =>
    on(name, { told: /something else than it used to at/u }, strike);
  return [
    on('401 in the middle', { told: /401/u }, second(status(401), 9)),
    on('403 in the middle of a listing', { told: /403|404|refused|may not/iu }, second(status(403), 9)),
    on('404 in the middle of a listing', { told: /404|refused|may not/iu }, second(status(404), 9)),
    on('410 in the middle of a listing', { told: /410|gone|refused|may not/iu }, second(status(410), 9)),
    on('403 where people are listed', { told: /403|refused|may not/iu }, { on: people, fault: status(403), times: 9 }),
    on('429 with a date', 'mended', second(status(429, soon))),
    on('429 with seconds', 'mended', second(status(429, { 'retry-after': '7' }))),
    on('429 with nothing', 'mended', second(status(429))),
    on('429 for an hour', { told: /too often.*Try again after/u }, second(status(429, { 'retry-after': '3600' }), 9)),
    on('500 once', 'mended', second(status(500))),
    on('500 three times', { told: /failed \(500 to .*, 3 times/u }, second(status(500), 3)),
    late('a hang', { told: /did not answer within/u }, second({ kind: 'hang' }, 9)),
    on('a reset', 'mended', second({ kind: 'reset' })),
    on('a reset, again and again', { told: /could not be made/u }, second({ kind: 'reset' }, 9)),
    on('half a body', { told: /broke off/u }, second({ kind: 'half' })),
    on('HTML instead of JSON', { told: /no JSON/u }, second({ kind: 'html' })),
    on('HTML where people are listed', { told: /no JSON/u }, { on: people, fault: { kind: 'html' } }),
    on('another encoding', { told: /no JSON/u }, second({ kind: 'encoding' })),
    on('a page twice', twice, second({ kind: 'page twice' })),
    ...(missing === undefined ? [] : [on('a missing page', missing, second({ kind: 'page missing' }))]),
    on('a looping cursor', circle, second({ kind: 'loop' }, 9)),
    on('a listing of nothing', nothing, { on: listing, fault: { kind: 'empty' }, times: 9 }),
    ...[-HOUR, HOUR].map((ms): FaultCase<World> => ({
      name: `a clock that is an hour ${ms < 0 ? 'behind' : 'ahead'}`,
      begin: ({ proxy }) =>
        proxy.script([listing, text.on].map((call) => ({ on: call, times: Infinity, fault: { kind: 'skew', ms } }))),
      ends: 'mended',
    })),
    on(
      'a record of 20 MB',
      { told: /longer than|larger than|MB|Too big/u },
      { on: text.on, fault: { kind: 'huge', at: text.at, bytes: 20_000_000 } },
    ),
    changed('a renamed field', second({ kind: 'rename', at: title, to: 'renamed' })),
    changed('a retyped field', second({ kind: 'retype', at: title })),
    changed('a field that is null', second({ kind: 'null', at: title })),
    ...(readers ? [changed('permissions that are null', { on: readers.on, fault: { kind: 'null', at: readers.at } })] : []),
    ...(document === undefined
      ? []
      : [403, 404, 410].map((code) =>
          on(
            `${code} for one document`,
            { told: new RegExp(`${code}|refused|gone|may not`, 'iu') },
            { ...document, fault: status(code) },
          ),
        )),
  ];
};

/** Time passes as soon as a call hangs. All other calls are done by then: a run makes one after the other. */
const waitedOut = async ({ proxy }: ProxiedWorld, ended: AbortSignal): Promise<void> => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const done = new Promise((resolve) => ended.addEventListener('abort', resolve, { once: true }));
    while (!ended.aborted) {
      await Promise.race([proxy.hanging(), done]);
      if (!ended.aborted) await vi.advanceTimersByTimeAsync(PATIENCE);
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    vi.useRealTimers();
  }
};

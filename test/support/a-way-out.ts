import { onTestFinished } from 'vitest';

import type { Fetch, Operation } from '../../src/core/connector.ts';
import type { Notice } from '../../src/core/notice.ts';
import type { Resolve } from '../../src/sources/address.ts';
import { type Errand, openOutgoing, type Outgoing } from '../../src/sources/outgoing.ts';

export interface AWayOut {
  readonly outgoing: Outgoing;
  readonly fetch: Fetch;
  /** How long was waited between calls, in ms. Nothing waits really: the clock is put forward instead. */
  readonly waits: number[];
  readonly notices: Notice[];
  readonly clock: { now: number };
}

const OPERATIONS: readonly Operation[] = [
  { name: 'read pages', access: 'read', calls: ['GET /pages', 'GET /pages/*', 'POST /find', 'GET /files/**'] },
  { name: 'write pages', access: 'write', calls: ['PUT /pages/*'] },
];

/** The way out, for a source at these hosts: on this machine unless said otherwise. Closed with the test. */
export const aWayOut = (
  errand: Partial<Errand> & Pick<Errand, 'hosts'>,
  { resolve = nowhere }: { readonly resolve?: Resolve } = {},
): AWayOut => {
  const clock = { now: Date.parse('2026-03-01T09:00:00Z') };
  const waits: number[] = [];
  const notices: Notice[] = [];
  const outgoing = openOutgoing({
    now: () => clock.now,
    random: () => 0.5,
    resolve,
    sleep: async (ms, signal) => {
      signal.throwIfAborted();
      waits.push(ms);
      clock.now += ms;
    },
  });
  onTestFinished(() => outgoing.close());
  const fetch = outgoing.fetchFor({
    name: 'wiki',
    operations: OPERATIONS,
    writes: false,
    privateNetwork: true,
    rate: { perSecond: 0, concurrent: 4 },
    notice: (notice) => void notices.push(notice),
    ...errand,
  });
  return { outgoing, fetch, waits, notices, clock };
};

const nowhere: Resolve = (hostname, _, callback) => callback(new Error(`${hostname} is looked up by nobody here`), []);

import { monitorEventLoopDelay } from 'node:perf_hooks';

import { Counter, Gauge, Histogram, Registry } from 'prom-client';

import type { Audit } from '../../core/audit.ts';

/** What is counted. No label holds anything of a caller, a client or a document. */
export interface Metrics {
  answered(path: string, status: number, code: string | undefined, ms: number): void;
  refused(why: string): void;
  /** Why a token was not good: who sent it does not hear that. */
  tokenRefused(why: string): void;
  /** How long an event waited until it was on disk, or that it never was. */
  recorded(ms: number, kept: boolean): void;
  /** In Prometheus' text format. */
  text(): Promise<string>;
  readonly contentType: string;
  close(): void;
}

/** Seconds: from an answer out of memory to the deadline of the slowest question. */
const DURATIONS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];
const COMMITS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2];
const DELAY_RESOLUTION_MS = 10;
const NANOSECONDS = 1e9;

/** Opens the metrics of one server, in a registry of their own. */
export const openMetrics = ({ inFlight }: { readonly inFlight: () => number }): Metrics => {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Counter({
    name: 'castellan_requests_total',
    help: 'Requests answered, by route, status and code.',
    labelNames: ['path', 'status', 'code'],
    registers,
  });
  const durations = new Histogram({
    name: 'castellan_request_seconds',
    help: 'From the head of a request to the end of its answer.',
    labelNames: ['path'],
    buckets: DURATIONS,
    registers,
  });
  const refusals = new Counter({
    name: 'castellan_refusals_total',
    help: 'Requests refused before a caller was known, by why.',
    labelNames: ['why'],
    registers,
  });
  const tokens = new Counter({
    name: 'castellan_tokens_refused_total',
    help: 'Tokens that were not good, by what was wrong with them.',
    labelNames: ['why'],
    registers,
  });
  const commits = new Histogram({
    name: 'castellan_audit_seconds',
    help: 'From an event to its row on disk, the wait included.',
    buckets: COMMITS,
    registers,
  });
  const lost = new Counter({
    name: 'castellan_audit_failures_total',
    help: 'Events that could not be written; their answers were not shown.',
    registers,
  });
  gauge({ name: 'castellan_requests_in_flight', help: 'Requests being answered.', read: inFlight, registers });
  const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  delay.enable();
  gauge({
    name: 'castellan_event_loop_delay_p99_seconds',
    help: 'How late the event loop was since the last reading, 99th percentile.',
    read: () => {
      // Node counts from one look to the next: a loop that is never late shows the time between two looks.
      const seconds = delay.percentile(99) / NANOSECONDS - DELAY_RESOLUTION_MS / 1000;
      delay.reset();
      return Number.isFinite(seconds) ? Math.max(0, seconds) : 0;
    },
    registers,
  });
  return {
    answered: (path, status, code = 'none', ms) => {
      requests.inc({ path, status: String(status), code });
      durations.observe({ path }, ms / 1000);
    },
    refused: (why) => refusals.inc({ why }),
    tokenRefused: (why) => tokens.inc({ why }),
    recorded: (ms, kept) => {
      if (kept) commits.observe(ms / 1000);
      else lost.inc();
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
    close: () => {
      delay.disable();
      registry.clear();
    },
  };
};

interface GaugeOptions {
  readonly name: string;
  readonly help: string;
  readonly read: () => number;
  readonly registers: Registry[];
}

/** Read when it is asked for. */
const gauge = ({ name, help, read, registers }: GaugeOptions): void => {
  const measured: Gauge = new Gauge({ name, help, registers, collect: () => measured.set(read()) });
};

/** An audit whose commits are counted. */
export const timed = (audit: Audit, metrics: Metrics, now: () => number): Audit => ({
  record: async (event) => {
    const began = now();
    try {
      await audit.record(event);
      metrics.recorded(now() - began, true);
    } catch (error) {
      metrics.recorded(now() - began, false);
      throw error;
    }
  },
});

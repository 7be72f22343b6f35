import { setTimeout as pause } from 'node:timers/promises';

/** What a generator is told to do: ask in the name of several callers, at given instants, and say how long each answer took. */
export interface Load {
  readonly url: string;
  readonly tokens: readonly string[];
  /** The arguments of each call, in turn. */
  readonly queries: readonly string[];
  readonly seconds: number;
  /** Open loop: so many calls begin a second, whether those before are answered or not. Absent: closed loop. */
  readonly perSecond?: number;
  /** Closed loop: so many callers, each with one call under way. */
  readonly atOnce?: number;
}

/** What came of it. Latencies are ms from the instant a call was due, so that a server that stalls cannot hide it. */
export interface Loaded {
  readonly latencies: readonly number[];
  readonly refused: Readonly<Record<string, number>>;
  /** Share of one core the generator itself used. */
  readonly cpu: number;
  readonly seconds: number;
}

/** Runs in a process of its own, so that its work is not the server's: told by one message, answers with one. */
process.once('message', (load: Load) => void run(load).then((loaded) => process.send?.(loaded, () => process.disconnect())));

const run = async (load: Load): Promise<Loaded> => {
  const latencies: number[] = [];
  const refused: Record<string, number> = {};
  let asked = 0;

  const count = (why: string): void => {
    refused[why] = (refused[why] ?? 0) + 1;
  };

  const ask = async (due: number): Promise<void> => {
    const at = asked++;
    const query = load.queries[at % load.queries.length];
    const body = JSON.stringify({
      jsonrpc: '2.0',
      id: at,
      method: 'tools/call',
      params: { name: 'search', arguments: { query } },
    });
    const headers = {
      authorization: `Bearer ${load.tokens[at % load.tokens.length]}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2025-11-25',
    };
    try {
      const response = await fetch(load.url, { method: 'POST', headers, body });
      const text = await response.text();
      if (response.status === 200 && text.includes('structuredContent')) latencies.push(performance.now() - due);
      else count(`${response.status}`);
    } catch (error) {
      count(error instanceof Error ? error.message : String(error));
    }
  };

  const began = performance.now();
  const until = began + load.seconds * 1000;
  const before = process.cpuUsage();

  if (load.perSecond === undefined) {
    const loop = async (): Promise<void> => {
      while (performance.now() < until) await ask(performance.now());
    };
    await Promise.all(Array.from({ length: load.atOnce ?? 1 }, loop));
  } else {
    const calls: Promise<void>[] = [];
    for (let due = began; due < until; due += 1000 / load.perSecond) {
      await pause(Math.max(0, due - performance.now()));
      calls.push(ask(due));
    }
    await Promise.all(calls);
  }
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(before);
  return { latencies, refused, cpu: (user + system) / 1e6 / seconds, seconds };
};

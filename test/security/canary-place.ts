import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Place } from '../../src/cli/parts.ts';
import { openHttp } from '../../src/open-http.ts';
import { openIndex } from '../../src/open-index.ts';
import { castellan, type Ended, environment, LAUNCHER } from '../support/a-command.ts';
import type { Era } from '../support/a-client.ts';
import { type AMachine, aMachine } from '../support/a-machine.ts';
import { aToken, type Bearing } from '../support/a-token.ts';
import { jsonLines } from '../support/json-lines.ts';
import { mcpPost } from '../support/mcp-messages.ts';
import { canary, CONFIGURATION, filesOf } from './canaries.ts';

const ENV = { METRICS_TOKEN: canary('metricsToken') };

/** The place of the canaries, read twice, and served. */
export interface CanaryPlace {
  readonly machine: AMachine;
  readonly origin: string;
  token(who: string, bearing?: Bearing): Promise<string>;
  /** Status, headers and body of an answer. */
  heard(path: string, init?: RequestInit): Promise<Heard>;
  /** All that was logged until now. */
  logged(): string;
  /** What the files of the index hold. */
  stored(): Promise<string>;
  /** A command line of this place. */
  run(...argv: readonly string[]): Promise<Ended>;
  /** Messages to a server over stdio for somebody, and all that it said on both its streams until it ended. */
  overStdio(who: string, era: Era, messages: readonly string[]): Promise<string>;
  close(): Promise<void>;
}

export interface Heard {
  readonly status: number;
  /** With the headers. */
  readonly all: string;
  readonly body: string;
}

/** Makes it. */
export const aCanaryPlace = async (): Promise<CanaryPlace> => {
  const folder = await mkdtemp(join(tmpdir(), 'castellan-canaries-'));
  const place: Place = { config: join(folder, 'castellan.yaml'), data: join(folder, 'data') };
  await writeFile(place.config, CONFIGURATION);
  const machine = aMachine({ env: ENV });
  for (const when of ['before', 'now'] as const) {
    for (const [name, lines] of Object.entries(filesOf(when))) await writeFile(join(folder, `${name}.jsonl`), jsonLines(lines));
    await readAll(place, machine);
  }
  const lines: string[] = [];
  const gateway = await openHttp(place, machine, { log: { write: (line) => void lines.push(line) } });
  const stopping = new AbortController();
  const served = gateway.serve(stopping.signal);
  const audience = `${gateway.publicUrl}/mcp`;
  const where = ['--config', place.config, '--data', place.data];
  return {
    machine,
    origin: gateway.listening,
    token: (who, bearing) => aToken(who, { data: place.data, audience, client: 'attacker', ...bearing }),
    heard: async (path, init = {}) => {
      const response = await fetch(`${gateway.listening}${path}`, init);
      const body = await response.text();
      return { status: response.status, body, all: JSON.stringify([response.status, [...response.headers], body]) };
    },
    logged: () => lines.join(''),
    stored: async () => {
      const files = ['index.db', 'index.db-wal'].map((name) => readFile(join(place.data, name), 'latin1').catch(() => ''));
      return (await Promise.all(files)).join('');
    },
    run: (...argv) => castellan([...argv, ...where], { env: ENV }),
    overStdio: async (who, era, messages) => {
      const child = spawn(process.execPath, [LAUNCHER, 'serve', '--stdio', '--as', who, '--no-follow', ...where], {
        stdio: ['pipe', 'pipe', 'pipe'],
        env: { ...environment(), ...ENV },
      });
      let said = '';
      for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text));
      const closed = once(child, 'close');
      for (const message of [...opening(era), ...messages]) child.stdin.write(`${message}\n`);
      const asked = messages.filter((message) => message.includes('"jsonrpc"')).length;
      while (child.exitCode === null && said.split('"jsonrpc"').length - 1 < asked) await once(child.stdout, 'data');
      child.stdin.end();
      await closed;
      return said;
    },
    close: async () => {
      stopping.abort();
      await served;
      await gateway.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
};

/** What a client of this era says before anything else. */
const opening = (era: Era): string[] => {
  if (era === '2026-07-28') return [];
  const params = { protocolVersion: era, capabilities: {}, clientInfo: { name: 'tests', version: '1' } };
  return [
    mcpPost(era, { id: 'open', method: 'initialize', params }).body,
    JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }),
  ];
};

const readAll = async (place: Place, machine: AMachine): Promise<void> => {
  const index = await openIndex(place, machine);
  try {
    const options = { acceptDeletions: true, signal: new AbortController().signal, onProgress: () => undefined };
    for (const source of index.sources.keys()) await index.sync(source, options);
    await index.tidy();
  } finally {
    await index.close();
  }
};

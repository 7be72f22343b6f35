import { setTimeout } from 'node:timers/promises';

import { postgres } from '../connectors/postgres/sync.ts';
import type { Settings } from '../connectors/postgres/settings.ts';
import { createBell } from '../src/cli/bell.ts';
import { followSource } from '../src/cli/follow-source.ts';
import { ringOnChange } from '../src/cli/ring-on-change.ts';
import type { Identity } from '../src/core/caller.ts';
import { runSync } from '../src/ingest/runner.ts';
import type { PostgresServer } from '../test/support/a-postgres-server.ts';
import type { IndexInProcess } from '../test/support/index-in-process.ts';

interface Following {
  readonly index: IndexInProcess;
  readonly server: PostgresServer;
  readonly source: { readonly name: string; readonly settings: Settings; readonly folder: string };
  readonly commits: number;
}

/** How long it took each time, and beside it the same question asked of the database itself. In ms. */
interface Latency {
  readonly what: string;
  readonly ms: readonly number[];
  readonly beside: readonly number[];
}

/** Between two looks of whoever waits for an answer, in ms, and how long at most. */
const LOOK = 5;
const PATIENCE = 30_000;
const REFRESH = 3_600_000;
const HER: Identity = { issuer: 'bench', subject: 'u1', email: 'u1@acme.test' };
/** Of a row that was there from the beginning, and that is hers. */
const ROW = 1;

/** Follows a source as `serve` does, and measures from the end of a commit until it shows in the answers of a person. */
export const commitsUntilSeen = async ({ index, server, source, commits }: Following): Promise<readonly Latency[]> => {
  await index.identify(HER); // before a run holds the source: nobody is linked meanwhile
  const ended = new AbortController();
  const { signal } = ended;
  const { store } = index;
  const bell = createBell(Date.now);
  const run = async () => {
    const end = await runSync({ store, connector: postgres, source, now: Date.now, signal });
    if (end.status === 'failed') throw new Error(JSON.stringify(end.problems));
    return end.status;
  };
  const following = Promise.all([
    followSource({
      name: source.name,
      bell,
      schedule: { listing: REFRESH, permissions: REFRESH, content: REFRESH },
      now: Date.now,
      signal,
      latestRun: () => store.latestRun(source.name),
      nextRun: () => store.nextRun(source.name),
      run,
    }),
    ringOnChange({
      bell,
      cursor: () => store.cursor(source.name),
      awaitChange: async (at, until) =>
        postgres.awaitChange?.({
          source: source.name,
          settings: source.settings,
          folder: source.folder,
          cursor: postgres.cursor.parse(at),
          due: { listing: false, permissions: true, content: true },
          fetch: () => Promise.reject(new Error('nothing is fetched')),
          notice: () => undefined,
          now: () => new Date(),
          signal: until,
        }),
      tell: (what) => void process.stderr.write(`${what}\n`),
      signal,
    }),
  ]);

  const until = async (isSo: () => Promise<boolean>): Promise<number> => {
    const began = performance.now();
    while (!(await isSo())) {
      if (performance.now() - began > PATIENCE)
        throw new Error(`it never came: ${JSON.stringify(await store.latestRun(source.name))}`);
      await setTimeout(LOOK);
    }
    return performance.now() - began;
  };
  const finds = async (word: string): Promise<boolean> => {
    const answer = await index.ask(HER, 'search', { query: word });
    return 'output' in answer && JSON.stringify(answer.output).includes(`"${source.name}:deals/${ROW}"`);
  };
  const isDenied = async (): Promise<boolean> =>
    'error' in (await index.ask(HER, 'fetch', { id: `${source.name}:deals/${ROW}` }));
  const timed = async (sql: string): Promise<number> => {
    const began = performance.now();
    await server.sql(sql);
    return performance.now() - began;
  };

  const found: number[] = [];
  const denied: number[] = [];
  const beside: number[] = [];
  for (let at = 0; at < commits; at += 1) {
    const word = `quillbread${at}`;
    await server.sql(`UPDATE deal SET notes = '${word}', owner = 'u1' WHERE id = ${ROW}`);
    found.push(await until(() => finds(word)));
    await server.sql(`UPDATE deal SET owner = 'u2' WHERE id = ${ROW}`);
    denied.push(await until(isDenied));
    beside.push(await timed(`SELECT FROM deal WHERE id = ${ROW} AND owner = 'u1'`));
  }
  ended.abort();
  await following.catch((error: unknown) => {
    if (error !== signal.reason) throw error;
  });
  return [
    { what: 'a new text, until it is found', ms: found, beside },
    { what: 'taken from somebody, until they are denied', ms: denied, beside },
  ];
};

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { z } from 'zod';

import { createEngine, type Engine } from '../src/access/engine/engine.ts';
import type { Acl } from '../src/core/acl.ts';
import type { Principal } from '../src/core/principal.ts';
import { openStore } from '../src/store/sqlite/index-store.ts';
import { openReader } from '../src/store/sqlite/reader.ts';
import type { Reader } from '../src/store/reader.ts';
import type { Write } from '../src/store/store.ts';
import { diceOf } from '../test/property/dice.ts';
import { identityOf, RULES } from './access-people.ts';
import { accessPlace, IN_FOLDER, SAID, type Shape, USERS } from './access-place.ts';
import { percentile, table } from './table.ts';

/** Who may see what, decided from memory and in SQL: 1 M documents, 50 k users, 5 k groups. Each figure beside that of SQL. */
const SHAPES: readonly Shape[] = [
  { name: '20 k acls', acls: 20_000, containers: 0 },
  { name: '1 M acls', acls: 1_000_000, containers: 0 },
  { name: '200 k containers, 12 deep', acls: 0, containers: 200_000 },
];
const MISSES = 400;
const SQL_MISSES = 15;
const REVOCATIONS = 30;
const SHARES = 5;
/** Until the engine of the other process knows the index. */
const WARM_MS = 40_000;

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const tell = (line: string): void => void process.stderr.write(`${line}\n`);
const ms = (value: number): string => (value < 10 ? `${value.toFixed(2)} ms` : `${Math.round(value)} ms`);
const mb = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
const timed = <T>(work: () => T): readonly [T, number] => {
  const began = performance.now();
  const done = work();
  return [done, performance.now() - began];
};

interface Decided {
  readonly loadMs: number;
  readonly bytes: number;
  readonly engine: readonly number[];
  readonly sql: readonly number[];
  readonly held: number;
}

const load = (reader: Reader, engine: Engine): void => {
  while (reader.read((reading) => engine.advance(reading))) {
    // slice by slice, as between questions
  }
};

/** Decides people who never asked before, in both ways, and holds the answers against each other. */
const decide = (path: string): Decided => {
  const reader = openReader(path);
  const engine = createEngine(RULES);
  globalThis.gc?.();
  const before = process.memoryUsage().arrayBuffers;
  const [, loadMs] = timed(() => load(reader, engine));
  globalThis.gc?.();
  const dice = diceOf(5);
  const held: number[] = [];
  const times = Array.from({ length: MISSES }, () => {
    const identity = identityOf(dice.roll(USERS));
    const [found, took] = timed(() => reader.read((reading) => engine.hold(reading, identity, SAID)));
    if (!found) throw new Error('the engine did not know the index');
    held.push(found.acls.length);
    return took;
  });
  const bytes = process.memoryUsage().arrayBuffers - before;
  const sql = Array.from({ length: SQL_MISSES }, () => {
    const identity = identityOf(dice.roll(USERS));
    const [found, took] = timed(() => reader.read((reading) => reading.holdAcls(identity, RULES, SAID)));
    const other = reader.read((reading) => engine.hold(reading, identity, SAID));
    if (found.acls.toSorted().join() !== other?.acls.toSorted().join()) throw new Error('the engine and SQL differ');
    return took;
  });
  reader.close();
  return { loadMs, bytes, engine: times, sql, held: percentile(held, 0.5) };
};

interface Across {
  /** From the start of our code in the other process to its first answer. */
  readonly firstMs: number;
  /** From the revoking write to the answer that denies: of a search, and of a fetch; and the search that nothing preceded. */
  readonly searched: readonly number[];
  readonly fetched: readonly number[];
  readonly unchanged: readonly number[];
  readonly shared: readonly number[];
}

const answerSchema = z.object({ found: z.number(), ms: z.number() });
type Answered = z.infer<typeof answerSchema>;
type What = { readonly type: string } | { readonly id: string };

/** Revokes and shares here, asks there: how long it takes from the commit's beginning to the answer. */
const across = async (path: string): Promise<Across> => {
  const store = await openStore({ path, now: () => SAID });
  const child = fork(fileURLToPath(new URL('access-process.ts', import.meta.url)), [path]);
  const heard = async (): Promise<Answered> => answerSchema.parse((await once(child, 'message'))[0]);
  const ask = async (user: number, what: What): Promise<Answered> => {
    const answer = heard();
    child.send([user, what]);
    return answer;
  };
  await heard();
  const { ms: firstMs } = await ask(1, { type: 'revoked' });
  const writer = await store.open('wiki', 'made-up', SAID);
  /** How long it takes until somebody finds, or no longer finds, documents of a type. */
  const until = async (said: readonly Write[], user: number, what: What, finds: boolean): Promise<number> => {
    const began = performance.now();
    await writer.write(said);
    const { found } = await ask(user, what);
    if (found > 0 !== finds) throw new Error(`user ${user} ${finds ? 'does not find' : 'finds'} ${JSON.stringify(what)}`);
    return performance.now() - began;
  };
  await setTimeout(WARM_MS);
  const revoked = { type: 'revoked' };
  const one = { id: `wiki:d${IN_FOLDER}` };
  const searched: number[] = [];
  const fetched: number[] = [];
  const unchanged: number[] = [];
  for (let at = 0; at < REVOCATIONS; at++) {
    for (const [what, times] of [
      [revoked, searched],
      [one, fetched],
    ] as const) {
      await until(members([7]), 7, what, true);
      times.push(await until(members([]), 7, what, false));
    }
    unchanged.push(await until([], 7, revoked, false));
  }
  const shared: number[] = [];
  for (let at = 0; at < SHARES; at++) {
    shared.push(await until(sharing(allowing('user:u9')), 9, { type: 'shared' }, true));
    await until(sharing({ unknown: 'nobody said' }), 9, { type: 'shared' }, false);
  }
  child.kill();
  await store.close();
  return { firstMs, searched, fetched, unchanged, shared };
};

/** Who is in the group that alone may see one document. */
const members = (users: readonly number[]): readonly Write[] => [
  { type: 'members', group: 'revoked', members: users.map((user) => `user:u${user}` as const) },
  { type: 'acl', key: `d${IN_FOLDER}`, acl: allowing('group:revoked') },
];

const sharing = (acl: Acl): readonly Write[] => [{ type: 'container', key: 'shared', title: 'Shared', acl }];

const allowing = (principal: Principal): Acl => ({ terms: [{ allow: [principal], deny: [], from: 'bench' }] });

const folder = mkdtempSync(join(tmpdir(), 'castellan-access-'));
try {
  const decided: string[][] = [];
  const moved: string[][] = [];
  for (const shape of SHAPES) {
    tell(`writing ${shape.name}`);
    const path = await accessPlace(folder, shape);
    tell(`deciding ${shape.name}`);
    const { loadMs, bytes, engine, sql, held } = decide(path);
    decided.push([
      shape.name,
      `${held}`,
      ...[0.5, 0.95].flatMap((share) => [ms(percentile(engine, share)), ms(percentile(sql, share))]),
      mb(bytes),
      ms(loadMs),
    ]);
    tell(`moving ${shape.name}`);
    const { firstMs, searched, fetched, unchanged, shared } = await across(path);
    const both = (times: readonly number[]): string[] => [ms(percentile(times, 0.5)), ms(percentile(times, 0.95))];
    moved.push([shape.name, ms(firstMs), ...both(fetched), ...both(searched), ...both(unchanged), ms(percentile(shared, 0.5))]);
  }
  print(table(['a caller decided anew', 'acls held', 'p50', 'SQL', 'p95', 'SQL', 'memory', 'read in'], decided));
  print('');
  print(
    table(
      [
        'another process',
        'first answer',
        'revoked, fetched p50',
        'p95',
        'searched p50',
        'p95',
        'as nothing moved p50',
        'p95',
        'folder shared',
      ],
      moved,
    ),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

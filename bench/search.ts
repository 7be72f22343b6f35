import SQLite from 'better-sqlite3';
import { load } from 'sqlite-vec';

import type { Identity } from '../src/core/caller.ts';
import type { Change } from '../src/core/change.ts';
import { DEFAULT_FRESHNESS } from '../src/core/freshness.ts';
import { rank } from '../src/retrieval/rank.ts';
import { aSnapshot } from '../test/support/a-snapshot.ts';
import { openIndex } from '../test/support/index-in-process.ts';
import { diceOf } from '../test/property/dice.ts';
import { madeUpEmbedder, madeUpText, wordOf } from './made-up-text.ts';
import { percentile, table } from './table.ts';

/**
 * Searches 10,000 chunks as people who may see 0.1 to 100 % of them: how long it takes, and how many of the ten best permitted
 * documents are found, against an exact ranking of the permitted alone. Beside it, over the same texts and vectors, what others do:
 * rank everything (FTS5 bm25 and vectors, 100 each), then drop what is not permitted.
 */
const DOCUMENTS = 10_000;
const QUERIES = 40;
const SHOWN = 10;
/** What a search that filters afterwards usually fetches of each kind. */
const FETCHED = 100;
const EVERY = [1000, 100, 10, 2, 1];
const NOW = Date.UTC(2026, 0, 5);

const dice = diceOf(7);
const texts = Array.from({ length: DOCUMENTS }, (_, at) => ({
  key: `d${at}`,
  title: madeUpText(dice, 4),
  text: madeUpText(dice, 100),
}));
const embedder = madeUpEmbedder();
const visibleTo = (every: number, at: number): boolean => at % every === 0;
const personOf = (every: number): Identity => ({ issuer: 'local', subject: `p${every}@acme.test`, email: `p${every}@acme.test` });

const index = await openIndex({
  rules: { ownedDomains: ['acme.test'], sources: new Map([['wiki', DEFAULT_FRESHNESS]]) },
  now: () => NOW,
  embedder,
});
const changes: Change[] = [
  ...EVERY.flatMap((every): Change[] => [
    { type: 'account', account: { id: `p${every}`, emails: [`p${every}@acme.test`], active: true, kind: 'member' } },
    { type: 'members', group: `g${every}`, members: [`user:p${every}`] },
  ]),
  ...texts.map(({ key, title, text }, at): Change => {
    const allow = EVERY.filter((every) => visibleTo(every, at)).map((every) => `group:g${every}` as const);
    return {
      type: 'document',
      document: {
        key,
        title,
        type: 'page',
        updatedAt: new Date(NOW),
        acl: { terms: [{ allow, deny: [], from: 'wiki' }] },
        body: { kind: 'text', text, format: 'plain' },
      },
    };
  }),
];
await index.sync('wiki', changes);
await index.embed();

const vectors = await Promise.all(texts.map(({ title, text }) => embedder.embed(`${title}\n${text}`)));
const naive = new SQLite(':memory:');
load(naive);
naive.exec('CREATE VIRTUAL TABLE text USING fts5(title, body); CREATE TABLE vector (id INTEGER PRIMARY KEY, vector BLOB)');
naive.transaction(() => {
  const [insertText, insertVector] = [
    naive.prepare('INSERT INTO text (rowid, title, body) VALUES (?, ?, ?)'),
    naive.prepare('INSERT INTO vector VALUES (?, ?)'),
  ];
  for (const [at, { title, text }] of texts.entries()) {
    insertText.run(at, title, text);
    insertVector.run(at, Buffer.from(vectors[at]?.buffer ?? new ArrayBuffer(0)));
  }
})();
const byWords = naive.prepare<[string, number], { at: number }>(
  'SELECT rowid AS at FROM text WHERE text MATCH ? ORDER BY bm25(text), rowid LIMIT ?',
);
const byMeaning = naive.prepare<[Buffer, number], { at: number }>(
  'SELECT id AS at FROM vector ORDER BY vec_distance_cosine(vector, ?), id LIMIT ?',
);

/** Ranks all, merges by reciprocal rank, and only then asks what is permitted. */
const filteredAfterwards = async (query: string, every: number): Promise<Set<string>> => {
  const lists = [
    byWords.all(query.split(' ').join(' OR '), FETCHED),
    byMeaning.all(Buffer.from((await embedder.embed(query)).buffer), FETCHED),
  ];
  const scores = new Map<number, number>();
  for (const list of lists)
    for (const [place, { at }] of list.entries()) scores.set(at, (scores.get(at) ?? 0) + 1 / (60 + place));
  const merged = [...scores].toSorted((a, b) => b[1] - a[1]).map(([at]) => at);
  return new Set(
    merged
      .filter((at) => visibleTo(every, at))
      .slice(0, SHOWN)
      .map((at) => `wiki:d${at}`),
  );
};

const queries = Array.from({ length: QUERIES }, () =>
  [wordOf(dice.roll(20)), wordOf(50 + dice.roll(500)), wordOf(500 + dice.roll(5000))].join(' '),
);
const rows: string[][] = [];
for (const every of EVERY) {
  const person = personOf(every);
  await index.identify(person);
  const visible = texts.flatMap(({ key, title, text }, at) => {
    const vector = vectors[at];
    return visibleTo(every, at) && vector ? [{ documentId: `wiki:${key}`, title, text, vector }] : [];
  });
  const exact = aSnapshot(visible, { fingerprint: embedder.fingerprint });
  const [ours, theirs]: [number[], number[]] = [[], []];
  let [found, foundAfterwards, wanted] = [0, 0, 0];
  await index.ask(person, 'search', { query: queries[0] ?? '' }); // decides what is visible, once an epoch
  for (const query of queries) {
    const vector = await embedder.embed(query);
    const best = rank(exact, { query, meaning: { vector, fingerprint: embedder.fingerprint }, limit: SHOWN }).map(
      ({ documentId }) => documentId,
    );
    let began = performance.now();
    const answer = await index.ask(person, 'search', { query, max_tokens: 20_000 });
    ours.push(performance.now() - began);
    began = performance.now();
    const afterwards = await filteredAfterwards(query, every);
    theirs.push(performance.now() - began);
    const ids =
      'output' in answer
        ? new Set((answer.output as { results: { id: string }[] }).results.map(({ id }) => id))
        : new Set<string>();
    wanted += best.length;
    found += best.filter((id) => ids.has(id)).length;
    // Its own order may differ: what counts is whether it can give as many permitted documents as there are.
    foundAfterwards += Math.min(afterwards.size, best.length);
  }
  rows.push([
    `${100 / every} %`,
    percentile(ours, 0.5).toFixed(1),
    percentile(ours, 0.95).toFixed(1),
    (found / wanted).toFixed(3),
    percentile(theirs, 0.5).toFixed(1),
    percentile(theirs, 0.95).toFixed(1),
    (foundAfterwards / wanted).toFixed(3),
    (percentile(ours, 0.5) / percentile(theirs, 0.5)).toFixed(2),
  ]);
}
const head = ['sees', 'p50 ms', 'p95 ms', 'recall', 'after: p50 ms', 'p95 ms', 'recall at best', 'p50 ratio'];
process.stdout.write(`search: ${DOCUMENTS} chunks, ${QUERIES} queries a person, ten documents asked for\n${table(head, rows)}\n`);
naive.close();
await index.close();

import type { Change } from '../src/core/change.ts';
import type { Identity } from '../src/core/caller.ts';
import { DEFAULT_FRESHNESS } from '../src/core/freshness.ts';
import { diceOf } from '../test/property/dice.ts';
import { openIndex } from '../test/support/index-in-process.ts';
import { madeUpText } from './made-up-text.ts';
import { percentile, table } from './table.ts';

/**
 * Fetches ids that a caller may see, that they may not see, and that do not exist, in turn, over the whole of one call but its
 * pipe. All three but the first get one answer; this says how far its time tells them apart.
 */
const DOCUMENTS = 5000;
const FETCHES = 1500;
const WARM = 200;
const NOW = Date.UTC(2026, 0, 5);
/** Folders within folders, and groups within groups: what a refusal looks through before it is one. */
const DEEP = 12;

const dice = diceOf(11);
const ADA: Identity = { issuer: 'local', subject: 'ada@acme.test', email: 'ada@acme.test' };
const range = (length: number): number[] => Array.from({ length }, (_, at) => at);

const index = await openIndex({
  rules: { ownedDomains: ['acme.test'], sources: new Map([['wiki', DEFAULT_FRESHNESS]]) },
  now: () => NOW,
});

/** The same shape for both: a chain of folders that ends at a chain of groups. */
const chainsOf = (side: string, member: `user:${string}`): Change[] => [
  ...range(DEEP).map((at): Change => ({
    type: 'members',
    group: `${side}${at}`,
    members: at === 0 ? [member] : [`group:${side}${at - 1}`],
  })),
  ...range(DEEP).map((at): Change => ({
    type: 'container',
    key: `${side}${at}`,
    title: `Folder ${at}`,
    acl: {
      terms: [{ allow: at === 0 ? [`group:${side}${DEEP - 1}`] : [`audience:${side}${at - 1}`], deny: [], from: 'folder' }],
    },
  })),
];

await index.sync('wiki', [
  ...['ada', 'bob'].map((id): Change => ({
    type: 'account',
    account: { id, emails: [`${id}@acme.test`], active: true, kind: 'member' },
  })),
  ...chainsOf('mine', 'user:ada'),
  ...chainsOf('other', 'user:bob'),
  ...range(DOCUMENTS).map((at): Change => ({
    type: 'document',
    document: {
      key: `d${String(at).padStart(6, '0')}`,
      title: madeUpText(dice, 4),
      type: 'page',
      updatedAt: new Date(NOW),
      acl: { terms: [{ allow: [`audience:${at % 2 === 0 ? 'mine' : 'other'}${DEEP - 1}`], deny: [], from: 'folder' }] },
      body: { kind: 'text', text: madeUpText(dice, 60), format: 'plain' },
    },
  })),
]);
await index.identify(ADA);

const KINDS = {
  visible: () => `d${String(2 * dice.roll(DOCUMENTS / 2)).padStart(6, '0')}`,
  forbidden: () => `d${String(2 * dice.roll(DOCUMENTS / 2) + 1).padStart(6, '0')}`,
  missing: () => `d${String(DOCUMENTS + dice.roll(DOCUMENTS)).padStart(6, '0')}`,
} as const;
type Kind = keyof typeof KINDS;
const KIND_NAMES: readonly Kind[] = ['visible', 'forbidden', 'missing'];

const times: Record<Kind, number[]> = { visible: [], forbidden: [], missing: [] };
for (const at of range(FETCHES + WARM)) {
  for (const kind of dice.some(KIND_NAMES, 3, 3)) {
    const id = `wiki:${KINDS[kind]()}`;
    const began = performance.now();
    const answer = await index.ask(ADA, 'fetch', { id });
    const took = performance.now() - began;
    if ('output' in answer !== (kind === 'visible')) throw new Error(`${id} is not ${kind}`);
    if (at >= WARM) times[kind].push(took);
  }
}
await index.close();

const row = (kind: Kind): string[] => [
  kind,
  ...[0.5, 0.95, 0.99].map((share) => percentile(times[kind], share).toFixed(3)),
  ...[0.5, 0.95, 0.99].map((share) => (percentile(times[kind], share) / percentile(times.missing, share)).toFixed(2)),
];
process.stdout.write(
  `missing: ${FETCHES} fetches of each kind, ${DOCUMENTS} documents, ${DEEP} folders over ${DEEP} groups deep\n` +
    `${table(['id', 'p50 ms', 'p95 ms', 'p99 ms', 'to missing: p50', 'p95', 'p99'], KIND_NAMES.map(row))}\n`,
);

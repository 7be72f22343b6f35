import type { Identity } from '../../src/core/caller.ts';
import { DEFAULT_FRESHNESS, type Freshness } from '../../src/core/freshness.ts';
import { carriedBy } from '../../src/core/policy.ts';
import type { Rules } from '../../src/core/rules.ts';
import type { Filter, Snapshot } from '../../src/core/snapshot.ts';
import type { Reading } from '../../src/store/reader.ts';
import type { AnIndex } from './an-index.ts';

/** Somebody of the organisation, whose e-mail is made of the name. */
export const person = (name: string): Identity => ({ issuer: 'idp', subject: name, email: `${name}@acme.test` });

/** The rules of an organisation that owns acme.test and configured these sources, each with the usual promises unless given others. */
export const rulesFor = (...sources: readonly (string | readonly [string, Freshness])[]): Rules => ({
  ownedDomains: ['acme.test'],
  sources: new Map(sources.map((source) => (typeof source === 'string' ? [source, DEFAULT_FRESHNESS] : source))),
});

/** How an index is looked into: as Ada, through a client nobody narrows, at 0, whole, with one source `wiki`, unless said otherwise. */
export interface Look {
  readonly rules?: Rules;
  readonly now?: number;
  readonly filter?: Filter;
  readonly as?: Identity;
  readonly through?: string;
}

/** Looks into one snapshot. */
export const looking = <T>(index: AnIndex, look: (snapshot: Snapshot, reading: Reading) => T, asked: Look = {}): T => {
  const { rules = rulesFor('wiki'), now = 0, filter = {}, as = person('ada'), through = 'test' } = asked;
  return index
    .reader()
    .read((reading) => look(reading.snapshot(reading.holdAcls(as, rules, now), carriedBy(through, rules), now, filter), reading));
};

/** The ids of the documents of a snapshot that hold the word "spring", sorted. */
export const idsIn = (snapshot: Snapshot): string[] =>
  snapshot
    .places(snapshot.postings('spring').map(({ chunk }) => chunk))
    .map(({ documentId }) => documentId)
    .toSorted();

/** The same, of one snapshot of an index. */
export const shown = (index: AnIndex, asked?: Look): string[] => looking(index, idsIn, asked);

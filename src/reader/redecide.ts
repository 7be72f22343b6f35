import type { Identity } from '../core/caller.ts';
import { decide, type Facts } from '../core/decide.ts';
import { type Account, parseDocumentId } from '../core/document.ts';
import { asksSource, contentAtOf, type Freshness, isFresh, mayDecide } from '../core/freshness.ts';
import type { KnownAccount } from '../core/leaf.ts';
import type { LiveNeed, LiveWord } from '../core/live.ts';
import { type Carried, isDenied } from '../core/policy.ts';
import type { Rules } from '../core/rules.ts';
import type { Missing } from '../core/view.ts';
import { type Condition, meeting } from '../core/where.ts';
import type { Reading, StoredDocument, VisibleRow } from '../store/reader.ts';
import type { Heard } from './question.ts';

/** A document its caller may see at this instant. */
export interface Decided {
  readonly stored: StoredDocument;
  readonly decidedBy: 'stored' | 'live';
  /** The oldest among the facts that decided, ms since 1970. */
  readonly decidedAt: number;
  /** When its content was last confirmed, ms since 1970. */
  readonly confirmedAt: number;
  /** Content and permissions are within their promises. */
  readonly fresh: boolean;
}

/** Who asks, by which rules, what their client may carry, and when. */
export interface Asking {
  readonly identity: Identity;
  readonly rules: Rules;
  readonly carried: Carried;
  readonly now: number;
  /** What the fields of a document must be to be shown. */
  readonly where?: readonly Condition[];
}

/** What became of a document: shown, its source is to be asked, or missing. */
export type Verdict = Decided | { readonly need: LiveNeed } | Missing;

/**
 * Decides about single documents by the reference rule, on the rows of this transaction:
 * whatever proposed a document, nobody sees it whom this does not let, no client carries it that may not, and nobody is told that
 * it meets what it does not meet.
 * What a source was heard to say can only narrow that. Nothing asks a source about a document that is not visible by what is stored.
 */
export const redecide = (reading: Reading, asking: Asking, heard: Heard = {}): ((id: string) => Verdict) => {
  const { carried, now, identity, rules, where = [] } = asking;
  const { words = [], unheard, forced = false } = heard;
  const factsOf = remembered(reading, asking);
  const meets = meeting(where);
  const spoken = new Map(words.map((word) => [word.id, word]));
  return (id) => {
    const place = parseDocumentId(id);
    const stored = place && reading.document(place.source, place.key);
    if (!stored) return 'absent';
    const freshness = carried.sources.get(stored.source);
    if (!freshness) return 'refused';
    if (!mayDecide(stored.permissionsSyncedAt, freshness.permissions, now)) return 'refused';
    if (!mayDecide(contentAtOf(stored), freshness.content, now)) return 'refused';
    const facts = factsOf(stored.source);
    const held = decide(stored.acl.value, facts);
    if (!held || isDenied(stored.labels, carried)) return 'refused';
    if (where.length > 0 && !meets(stored.fields)) return 'refused';

    const decidedAt = Math.min(held.at, stored.permissionsSyncedAt);
    const late = asksSource({ decidedAt, contentAt: contentAtOf(stored) }, freshness, now);
    if (!late && !forced) return byStored(stored, { freshness, decidedAt, now });
    const word = spoken.get(id);
    if (word) return byLive(stored, { word, facts, freshness, carried, now });
    if (unheard === 'none') return 'refused';
    return { need: needOf(id, stored, accountOf(reading.accounts(stored.source, identity, rules, now))) };
  };
};

/** Decides in the same way about what is summed up over documents of one source, acl and list of labels. No source is asked. */
export const redecideRows = (reading: Reading, asking: Asking): ((row: VisibleRow) => boolean) => {
  const { carried } = asking;
  const factsOf = remembered(reading, asking);
  return ({ source, acl, labels }) =>
    carried.sources.has(source) && !isDenied(labels, carried) && decide(acl, factsOf(source)) !== undefined;
};

const remembered = (reading: Reading, { identity, rules, now }: Asking): ((source: string) => Facts) => {
  const known = new Map<string, Facts>();
  return (source) => {
    const facts = known.get(source) ?? reading.facts(source, identity, rules, now);
    known.set(source, facts);
    return facts;
  };
};

interface ByStored {
  readonly freshness: Freshness;
  readonly decidedAt: number;
  readonly now: number;
}

const byStored = (stored: StoredDocument, { freshness, decidedAt, now }: ByStored): Decided => ({
  stored,
  decidedBy: 'stored',
  decidedAt,
  confirmedAt: stored.syncedAt,
  fresh: isFresh(contentAtOf(stored), freshness.content, now) && isFresh(decidedAt, freshness.permissions, now),
});

interface ByLive {
  readonly word: LiveWord;
  readonly facts: Facts;
  readonly freshness: Freshness;
  readonly carried: Carried;
  readonly now: number;
}

/** The stored acl has allowed; what the source says now must allow too. Groups, accounts and containers are the stored ones, with their age. */
const byLive = (stored: StoredDocument, { word, facts, freshness, carried, now }: ByLive): Decided | Missing => {
  const { at, says } = word;
  if (!says || isDenied(says.labels, carried)) return 'refused';
  const held = decide(says.acl, facts);
  if (!held) return 'refused';
  const decidedAt = Math.min(held.at, at);
  const unchanged =
    says.bodyHash === undefined
      ? says.revision !== undefined && says.revision === stored.revision && says.title === stored.title
      : says.bodyHash === stored.bodyHash;
  return {
    stored,
    decidedBy: 'live',
    decidedAt,
    confirmedAt: unchanged ? Math.max(at, stored.syncedAt) : stored.syncedAt,
    fresh: unchanged && isFresh(at, freshness.content, now) && isFresh(decidedAt, freshness.permissions, now),
  };
};

const needOf = (id: string, { source, key, title, revision }: StoredDocument, as: Account | undefined): LiveNeed => ({
  id,
  source,
  key,
  known: { title, ...(revision === undefined ? {} : { revision }) },
  ...(as && { as }),
});

/** With two accounts nobody could say as which of them is asked. */
const accountOf = (accounts: readonly KnownAccount[]): Account | undefined => {
  const account = oneAccount(accounts);
  return typeof account === 'string' ? undefined : account;
};

/** As whom somebody is asked about, or writes: their one linked account that is active and within its promise. */
export const oneAccount = (accounts: readonly KnownAccount[]): Account | 'none' | 'several' => {
  const [only, other] = accounts.filter(({ linked, active, fresh }) => linked && active && fresh);
  if (!only) return 'none';
  if (other) return 'several';
  const { id, name, emails, active, kind } = only;
  return { id, ...(name === undefined ? {} : { name }), emails, active, kind };
};

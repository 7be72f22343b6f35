import type { Identity } from '../core/caller.ts';
import { decide, type Facts } from '../core/decide.ts';
import { parseDocumentId } from '../core/document.ts';
import { type Freshness, mayDecide } from '../core/freshness.ts';
import { type Carried, isDenied } from '../core/policy.ts';
import type { Rules } from '../core/rules.ts';
import type { Missing } from '../core/view.ts';
import type { Reading, StoredDocument, VisibleRow } from '../store/reader.ts';

/** A document its caller may see at this instant. */
export interface Decided {
  readonly stored: StoredDocument;
  readonly freshness: Freshness;
  /** The oldest among the facts that decided, ms since 1970. */
  readonly decidedAt: number;
}

/** Who asks, by which rules, what their client may carry, and when. */
export interface Asking {
  readonly identity: Identity;
  readonly rules: Rules;
  readonly carried: Carried;
  readonly now: number;
}

/**
 * Decides about single documents by the reference rule, on the rows of this transaction:
 * whatever proposed a document, nobody sees it whom this does not let, and no client carries it that may not.
 */
export const redecide = (reading: Reading, asking: Asking): ((id: string) => Decided | Missing) => {
  const { carried, now } = asking;
  const factsOf = remembered(reading, asking);
  return (id) => {
    const place = parseDocumentId(id);
    const stored = place && reading.document(place.source, place.key);
    if (!stored) return 'absent';
    const freshness = carried.sources.get(stored.source);
    if (!freshness) return 'refused';
    if (!mayDecide(stored.permissionsSyncedAt, freshness.permissions, now)) return 'refused';
    if (!mayDecide(stored.syncedAt, freshness.content, now)) return 'refused';
    const held = decide(stored.acl.value, factsOf(stored.source));
    if (!held || isDenied(stored.labels, carried)) return 'refused';
    return { stored, freshness, decidedAt: Math.min(held.at, stored.permissionsSyncedAt) };
  };
};

/** Decides in the same way about what is summed up over documents of one source, acl and list of labels. */
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

import { type AuditedDocument, WRITE_TOOLS } from '../core/audit.ts';
import { decide, type Facts } from '../core/decide.ts';
import { parseDocumentId } from '../core/document.ts';
import { mayDecide } from '../core/freshness.ts';
import { type Carried, carriedBy } from '../core/policy.ts';
import type { Rules } from '../core/rules.ts';
import type { AuditRow } from '../store/ledger.ts';
import type { AsOf, PastReading } from '../store/past.ts';

/** Why a recorded decision cannot be made again. */
export type Reason =
  | 'other_index'
  | 'later_index'
  | 'rules_not_recorded'
  | 'erased'
  | 'arguments_too_long'
  | 'freshness'
  | 'live'
  | 'labels';

/** One decision that a row of the audit records: about a document that was shown, or about one that was not. */
export type Rederived =
  | { readonly is: 'agreed' }
  | { readonly is: 'unknown'; readonly reason: Reason }
  | { readonly is: 'differs'; readonly id: string; readonly recorded: string; readonly rederived: string };

/** A row is written so long after its decision at most: the slowest answer, the wait for the disk, and some more. */
const ANSWER_MS = 60_000;

/** What one row records was to be decided: by whom and when, by which rules. */
interface Decided {
  readonly row: AuditRow;
  readonly asOf: AsOf;
  readonly rules: Rules;
  readonly carried: Carried;
  readonly factsOf: (source: string) => Facts;
}

/**
 * Makes the decisions of a row again, on the facts and by the rules of then: one for each document it shows, or one where it says
 * that a document was refused or not there. A row of anything else has none, nor has what the owner heard about somebody.
 */
export const rederive = (row: AuditRow, past: PastReading): readonly Rederived[] => {
  const shown = row.outcome === 'answered' ? row.documents : [];
  const missing = (row.outcome === 'refused' || row.outcome === 'absent') && !WRITING.includes(row.tool);
  if ((shown.length === 0 && !missing) || OWNERS.includes(row.tool)) return [];
  const decided = grounds(row, past);
  const each: readonly (AuditedDocument | undefined)[] = missing ? [undefined] : shown;
  return each.map((document): Rederived => {
    if (typeof decided === 'string') return { is: 'unknown', reason: decided };
    return document ? shownAgain(document, decided) : missedAgain(decided);
  });
};

/** The commands that tell the owner of the data folder about others. */
const OWNERS: readonly string[] = ['explain', 'who-can'];

/** What is refused or not there where something is to be written was so by the source's word too, which nobody remembers. */
const WRITING: readonly string[] = WRITE_TOOLS;

/** Everything the decisions of a row rest on, or why it is not there any more. */
const grounds = (row: AuditRow, past: PastReading): Decided | Reason => {
  const { basis, who, client } = row;
  if (basis?.databaseId !== past.databaseId) return 'other_index';
  if (basis.version > past.version) return 'later_index';
  if (who === undefined || row.erased?.includes('email')) return 'erased';
  const rules = row.rules === undefined ? undefined : past.rules(row.rules);
  if (!rules) return 'rules_not_recorded';
  const bar = who.indexOf('|');
  const identity = {
    issuer: who.slice(0, bar),
    subject: who.slice(bar + 1),
    ...(row.email === undefined ? {} : { email: row.email }),
  };
  const asOf = past.asOf(basis.version);
  const known = new Map<string, Facts>();
  const factsOf = (source: string): Facts => {
    const facts = known.get(source) ?? asOf.facts(source, identity, rules);
    known.set(source, facts);
    return facts;
  };
  return { row, asOf, rules, carried: carriedBy(client, rules), factsOf };
};

const shownAgain = (document: AuditedDocument, { row, asOf, rules, carried, factsOf }: Decided): Rederived => {
  const { id, acl } = document;
  const differs = (rederived: string): Rederived => ({ is: 'differs', id, recorded: `shown, by acl ${acl}`, rederived });
  const place = parseDocumentId(id);
  const item = place && asOf.item(place.source, place.key);
  if (!place || !item || item.container) return differs('there was no such document');
  if (item.acl.id !== acl) return differs(`its acl was ${item.acl.id}`);
  const freshness = carried.sources.get(place.source);
  if (!freshness)
    return differs(rules.sources.has(place.source) ? 'its client might not carry the source' : 'its source was not configured');
  if (!decide(item.acl.value, factsOf(place.source))) return differs('not allowed');
  if (document.permissionsAt !== undefined && !mayDecide(document.permissionsAt, freshness.permissions, row.at - ANSWER_MS)) {
    return differs('allowed by permissions past their promise');
  }
  return carried.deniedLabels.length > 0 ? { is: 'unknown', reason: 'labels' } : { is: 'agreed' };
};

const missedAgain = ({ row, asOf, carried, factsOf }: Decided): Rederived => {
  if (row.erased?.includes('arguments')) return { is: 'unknown', reason: 'erased' };
  const id = askedId(row.arguments);
  if (id === undefined) return { is: 'unknown', reason: 'arguments_too_long' };
  const differs = (rederived: string): Rederived => ({ is: 'differs', id, recorded: row.outcome, rederived });
  const place = parseDocumentId(id);
  const item = place && asOf.item(place.source, place.key);
  if (!place || !item || item.container)
    return row.outcome === 'absent' ? { is: 'agreed' } : differs('there was no such document');
  if (row.outcome === 'absent') return differs('it was there');
  const freshness = carried.sources.get(place.source);
  if (!freshness || !decide(item.acl.value, factsOf(place.source))) return { is: 'agreed' };
  if (asksLive(row.arguments)) return { is: 'unknown', reason: 'live' };
  const lasting = freshness.permissions.onBreach === 'label' && freshness.content.onBreach === 'label';
  if (!lasting) return { is: 'unknown', reason: 'freshness' };
  return carried.deniedLabels.length > 0 ? { is: 'unknown', reason: 'labels' } : differs('allowed');
};

/** Tools that ask for one document name it so. */
const askedId = (given: unknown): string | undefined => {
  if (typeof given !== 'object' || given === null || !('id' in given)) return undefined;
  return typeof given.id === 'string' ? given.id : undefined;
};

const asksLive = (given: unknown): boolean =>
  typeof given === 'object' && given !== null && 'live' in given && given.live === true;

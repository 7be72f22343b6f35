import { type Acl, canonical } from '../core/acl.ts';
import { decide, type Facts } from '../core/decide.ts';
import { parseDocumentId } from '../core/document.ts';
import type { FootingAsked } from '../core/footing.ts';
import { carriedBy } from '../core/policy.ts';
import type { Rules } from '../core/rules.ts';
import { type Audience, isWider } from '../core/wider.ts';
import type { Reading } from '../store/reader.ts';
import type { AnswerTo, Asker } from './question.ts';
import { oneAccount } from './redecide.ts';

/** Whoever was shown more in a day is taken to have been shown what is not for everybody: so many are looked at. */
const SHOWN_MAX = 10_000;

/** How somebody stands in a source, by the reference rule and on the rows of this transaction. */
export const footing = (
  reading: Reading,
  { identity, client, now, source, audience, shown = [] }: Asker & FootingAsked,
  rules: Rules,
): AnswerTo<'footing'> => {
  const { basis } = reading;
  const carried = carriedBy(client, rules).sources.has(source);
  if (!carried) return { kind: 'footing', found: { account: 'none', reads: false, wider: shown, basis }, basis };
  const reads = audience !== undefined && decide(canonical(audience), reading.facts(source, identity, rules, now)) !== undefined;
  const facts = new Map<string, Facts>();
  const audienceOf = (of: string, acl: Acl): Audience => {
    const known = facts.get(of) ?? reading.facts(of, identity, rules, now);
    facts.set(of, known);
    return { source: of, acl, within: (key) => known.audience(key)?.acl };
  };
  const target = audience && audienceOf(source, audience);
  const isCovered = (id: string, at: number): boolean => {
    const place = parseDocumentId(id);
    if (!target || !place || at >= SHOWN_MAX) return false;
    const read = reading.document(place.source, place.key);
    return read !== undefined && !isWider(target, audienceOf(place.source, read.acl.value));
  };
  const account = oneAccount(reading.accounts(source, identity, rules, now));
  return {
    kind: 'footing',
    found: { account, reads, wider: shown.filter((id, at) => !isCovered(id, at)), basis },
    basis,
  };
};

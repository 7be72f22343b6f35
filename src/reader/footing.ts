import { canonical } from '../core/acl.ts';
import { decide } from '../core/decide.ts';
import { parseDocumentId } from '../core/document.ts';
import type { FootingAsked } from '../core/footing.ts';
import { carriedBy } from '../core/policy.ts';
import type { Rules } from '../core/rules.ts';
import { isWider } from '../core/wider.ts';
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
  const target = audience && { source, acl: audience };
  const isCovered = (id: string, at: number): boolean => {
    const place = parseDocumentId(id);
    if (!target || !place || at >= SHOWN_MAX) return false;
    const read = reading.document(place.source, place.key);
    return read !== undefined && !isWider(target, { source: place.source, acl: read.acl.value });
  };
  const account = oneAccount(reading.accounts(source, identity, rules, now));
  return {
    kind: 'footing',
    found: { account, reads, wider: shown.filter((id, at) => !isCovered(id, at)), basis },
    basis,
  };
};

import type { Pushed, PushedKind, PushedReading } from '../../store/pushed.ts';
import { type Asked, readFilter } from './filter.ts';
import { candidates, type Selection, shown } from './resource.ts';
import { type Attributes, refusal } from './schema.ts';

/** In one answer. */
export const PAGE_MAX = 200;
const PAGE = 100;

/** One page of the resources of a kind, as a ListResponse (RFC 7644, section 3.4.2). */
export const pageOf = (
  store: PushedReading,
  kind: PushedKind,
  base: string,
  parameters: URLSearchParams,
  selection: Selection,
): Attributes => {
  const startIndex = Math.max(1, whole(parameters, 'startIndex', 1));
  const most = Math.min(PAGE_MAX, Math.max(0, whole(parameters, 'count', PAGE)));
  const written = parameters.get('filter');
  const { total, found } =
    written === null
      ? { total: store.count(kind), found: store.page(kind, startIndex - 1, most) }
      : chosen(store, kind, base, readFilter(kind, written), startIndex - 1, most);
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    totalResults: total,
    startIndex,
    itemsPerPage: found.length,
    Resources: found.map((pushed) => shown(pushed, base, selection)),
  };
};

/** What a filter chooses. Where it says what one must be called, only what is called so is looked at. */
const chosen = (
  store: PushedReading,
  kind: PushedKind,
  base: string,
  { matches, equal }: Asked,
  from: number,
  most: number,
): { readonly total: number; readonly found: readonly Pushed[] } => {
  const found: Pushed[] = [];
  let total = 0;
  for (const pushed of candidates(store, kind, equal) ?? store.all(kind)) {
    if (!matches(shown(pushed, base))) continue;
    if (total >= from && found.length < most) found.push(pushed);
    total += 1;
  }
  return { total, found };
};

const whole = (parameters: URLSearchParams, name: string, otherwise: number): number => {
  const written = parameters.get(name);
  if (written === null || written === '') return otherwise;
  if (!/^-?\d{1,9}$/u.test(written)) throw refusal(400, 'invalidValue', `${name} is a whole number.`);
  return Number(written);
};

import { locatedTerms } from '../store/terms.ts';

/** More distinct words than a question has; each costs a read of its postings. */
const TERMS_MAX = 64;

/** Words that say nothing about what a document is about. Those that are also names (it, us, who, will, may) stay: being frequent, they weigh little. */
const STOP_WORDS: ReadonlySet<string> = new Set(
  (
    'a about am an and any are as at be been being but by could did do does for from get had has have he her here him his how i if in into is its just ' +
    'me my of on or our she should so some such than that the their them then there these they this those to too up was we were what when where which ' +
    'while whom why with would you your'
  ).split(' '),
);

/** The distinct terms of a query and how often each stands there, in order of appearance; stop-words only where there is nothing else. Operators are just words. */
export const queryTerms = (query: string): ReadonlyMap<string, number> => {
  const all = [...locatedTerms(query)];
  const telling = all.filter(({ word }) => !STOP_WORDS.has(word));
  const counted = new Map<string, number>();
  for (const { term } of telling.length > 0 ? telling : all) {
    if (counted.has(term) || counted.size < TERMS_MAX) counted.set(term, (counted.get(term) ?? 0) + 1);
  }
  return counted;
};

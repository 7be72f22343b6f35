import type { Config } from '../config/config.ts';
import type { Census } from '../store/census.ts';
import type { Check } from './doctor-checks.ts';
import { overdue } from './overdue.ts';
import { count, span } from './words.ts';

/** What is to be said of the directory: while it may not decide, nobody whom it knows sees anything. */
export const directoryCheck = ({ rules }: Config, census: Census, now: number): readonly Check[] => {
  const { directory } = rules;
  if (directory === undefined) return [];
  const { read, active, inactive, groups } = census.directory(directory);
  const check = { name: 'directory', remedy: `castellan sync ${directory}` };
  if (!read) {
    return [{ ...check, state: 'fail', says: `${directory} was never read to its end: until then nobody sees anything.` }];
  }
  const late = overdue(rules.sources, census.status([directory]), now).find(
    ({ what, effect }) => what === 'permissions' && effect === 'hidden',
  );
  if (late && late.what !== 'everything') {
    const ages = `${span(late.age)} old and promised within ${span(late.within)}`;
    return [{ ...check, state: 'fail', says: `${directory} is ${ages}: whom it did not confirm since sees nothing.` }];
  }
  if (active === 0) {
    return [{ ...check, state: 'warn', says: `${directory} lists no active person, so nobody is everyone.` }];
  }
  const people = `${count(active, 'active person', 'active people')}, ${inactive} inactive, ${count(groups, 'group')}`;
  return [{ name: 'directory', state: 'ok', says: `${directory}: ${people}` }];
};

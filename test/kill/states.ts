import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { changeCompany } from './changes.ts';
import { by, run } from './command.ts';
import { dump } from './dump.ts';
import { companyIn, copyOf, type Place, type Provider } from './place.ts';
import { type Readings, readings, readingsOfCopy } from './readings.ts';

/** What is killed. */
export type What = 'first sync' | 'next sync' | 'search';

/** From where a command starts, and where it ends when nobody disturbs it. */
export interface Course {
  readonly start: Place;
  readonly words: readonly string[];
  /** How many statements it takes. */
  readonly statements: number;
  readonly end: { readonly dump: readonly string[]; readonly output: string };
  readonly before: Readings;
  readonly after: Readings;
}

/** The undisturbed courses of all that is killed. */
export interface States {
  readonly provider: Provider;
  of(what: What): Course;
  /** A fresh folder inside those that `close` removes. */
  folder(): Promise<string>;
  close(): Promise<void>;
}

const SYNC = ['sync'] as const;
/** She sees most; the answer is long, so that its audit row is. */
const SEARCH = ['search', 'who looks after Quillbread and the rota', '--as', 'ada@acme.test', '--limit', '50'] as const;

/** Runs each command once in peace. */
export const openStates = async (provider: Provider): Promise<States> => {
  const root = await mkdtemp(join(tmpdir(), 'castellan-kill-'));
  const folder = (): Promise<string> => mkdtemp(join(root, 'place-'));

  const inPeace = async (
    start: Place,
    words: readonly string[],
  ): Promise<Pick<Course, 'statements' | 'end'> & { place: Place }> => {
    const place = await copyOf(start, await folder());
    const { code, told, stdout, stderr } = await run(place, by('killed-process.ts', '0'), words);
    if (code !== 0) throw new Error(`castellan ${words.join(' ')} ended with ${code} in peace: ${stdout}${stderr}`);
    return { place, statements: Number(told), end: { dump: dump(place.index), output: stdout } };
  };

  const company = await companyIn(await folder(), provider);
  const first = await inPeace(company, SYNC);
  const changed = await copyOf(first.place, await folder());
  const unchanged = await readings(changed); // and now everybody is linked
  await changeCompany(changed);
  const [next, search] = await Promise.all([inPeace(changed, SYNC), inPeace(first.place, SEARCH)]);
  const nobody: Readings = new Map();
  const courses: Readonly<Record<What, Course>> = {
    'first sync': { ...first, start: company, words: SYNC, before: nobody, after: unchanged },
    'next sync': { ...next, start: changed, words: SYNC, before: unchanged, after: await readingsOfCopy(next.place) },
    search: { ...search, start: first.place, words: SEARCH, before: unchanged, after: unchanged },
  };
  return {
    provider,
    of: (what) => courses[what],
    folder,
    close: () => rm(root, { recursive: true, force: true }),
  };
};

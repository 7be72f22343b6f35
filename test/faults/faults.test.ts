import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { ROOT } from '../support/source-tree.ts';
import type { Fault } from './fault.ts';
import { FAULTS } from './faults.ts';
import { patternOf, planted } from './plant.ts';

/** Whether they are caught is proven by `npm run prove:faults`; here, that each of them still could be. */

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** The text of a test file and of all it brings along: contracts hold tests too. */
const withImports = (path: string, seen = new Set<string>()): string => {
  if (seen.has(path) || !existsSync(join(ROOT, path))) return '';
  seen.add(path);
  const text = read(path);
  const imports = text.matchAll(/from '(?<to>\.[^']+)'/gu).map(({ groups }) => join(dirname(path), groups?.['to'] ?? ''));
  return [text, ...imports.filter((to) => to.startsWith('test/')).map((to) => withImports(to, seen))].join('\n');
};

describe('every fault', () => {
  test('still applies, in one place', () => {
    const stale = FAULTS.flatMap((fault) => {
      try {
        planted(fault, read(fault.file));
        return [];
      } catch (error) {
        return [error];
      }
    });
    expect(stale).toEqual([]);
  });

  test('is for a test that is there', () => {
    const astray = FAULTS.filter(({ caughtBy }) => !withImports(caughtBy.file).includes(`'${caughtBy.test}'`));
    expect(astray.map(({ name, caughtBy }) => ({ name, ...caughtBy }))).toEqual([]);
  });

  test('has a name of its own', () => {
    expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length);
  });
});

describe('a fault', () => {
  const fault: Fault = {
    name: 'x',
    file: 'src/x.ts',
    find: 'a === b',
    plant: "a !== '$&'",
    caughtBy: { file: 'test/x.test.ts', test: 'x' },
  };

  test('is planted to the letter', () => {
    expect(planted(fault, 'if (a === b) c();')).toBe("if (a !== '$&') c();");
  });

  test.each(['if (a == b) c();', 'a === b; a === b;', ''])('that does not stand once in %j is refused', (whole) => {
    expect(() => planted(fault, whole)).toThrow(/Rewrite it/u);
  });

  test('is for all rows of a table, and for no other test', () => {
    const named = new RegExp(`^${patternOf('it is %s (really)')}$`, 'u');
    expect(['it is so (really)', 'it is so [really]', 'so it is so (really)'].map((title) => named.test(title))).toEqual([
      true,
      false,
      false,
    ]);
  });
});

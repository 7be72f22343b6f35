import { expect, test } from 'vitest';

import type { Acl, AclTerm } from '../../src/core/acl.ts';
import type { Principal } from '../../src/core/principal.ts';
import { readersOf } from '../../src/core/readers.ts';
import { only } from '../support/builders.ts';

const term = (...allow: readonly Principal[]): AclTerm => ({ allow, deny: [], from: 'page' });

test.each<[string, readonly Principal[]]>([
  ['anybody at all', ['public', 'everyone', 'user:ada']],
  ['everyone in the organisation', ['everyone']],
  ['everyone in the organisation and 1 person', ['everyone', 'person:ada@acme.test']],
  ['2 groups and 3 people', ['group:hr', 'org:staff', 'user:ada', 'user:bob', 'person:eve@acme.test']],
  ['everyone of 2 domains, 1 group and 1 person', ['domain:acme.test', 'domain:other.test', 'group:hr', 'user:ada']],
  ['whoever may see the place it belongs to', ['audience:folder']],
  ['whoever may see one of 2 places it belongs to and 1 person', ['audience:folder', 'audience:other', 'user:ada']],
  ['nobody', []],
])('%s: whoever may read something is counted, and nobody is named', (words, allow) => {
  expect(readersOf({ terms: [term(...allow)] })).toBe(words);
});

test('whom a document leaves out, where its terms come from, and why nobody knows is not said', () => {
  expect(readersOf({ terms: [{ allow: ['everyone'], deny: ['user:mallory', 'group:rivals'], from: 'space SECRET' }] })).toBe(
    readersOf(only('everyone')),
  );
  expect(readersOf({ unknown: 'The space SECRET was not read.' })).toBe('not known');
});

test('of several conditions each is said, and once', () => {
  const acl: Acl = { terms: [term('everyone'), term('group:a'), term('group:b')] };
  expect(readersOf(acl)).toBe('whoever is among all of these: everyone in the organisation; 1 group');
});

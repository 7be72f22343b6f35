import type { Fault, NamedTest } from './fault.ts';

const provisioning = (test: string): NamedTest => ({ file: 'test/server/scim/provisioning.test.ts', test });
const kept = (test: string): NamedTest => ({ file: 'test/server/scim/kept.test.ts', test });
const refused = (test: string): NamedTest => ({ file: 'test/server/scim/refused.test.ts', test });

/** Mistakes in what an identity provider pushes: who is somebody, and who is no longer. */
export const SCIM: readonly Fault[] = [
  {
    name: 'whoever was removed stays active',
    file: 'src/server/scim/directory.ts',
    find: 'change.account({ ...meaning.accountOf(id, found.value), active: false });',
    plant: 'change.account(meaning.accountOf(id, found.value));',
    caughtBy: provisioning('who was removed is nobody any more, and a later one of that name is not taken for them'),
  },
  {
    name: 'a group that is renamed still holds under its old name',
    file: 'src/server/scim/directory.ts',
    find: '  change.unlist(old);\n',
    plant: '',
    caughtBy: {
      file: 'test/server/scim/providers.test.ts',
      test: 'pushes a group with its members, renames it, and replaces who is in',
    },
  },
  {
    name: 'groups that hold a renamed one are left with its old name',
    file: 'src/server/scim/directory.ts',
    find: 'for (const holder of groupsNamed(change, change.holders(`group:${old}`))) express(change, meaning, holder);',
    plant: '',
    caughtBy: provisioning('that is renamed holds under its new name alone, in other groups too'),
  },
  {
    name: 'a group that is removed stays a member of others',
    file: 'src/server/scim/directory.ts',
    find: 'for (const holder of groupsNamed(change, change.holders(member))) rewrite(holder, withoutMember(holder.value, id));',
    plant:
      "if (kind === 'User') for (const holder of groupsNamed(change, change.holders(member))) rewrite(holder, withoutMember(holder.value, id));",
    caughtBy: provisioning('that is removed is nobody’s, and no later one of its name comes into the groups it was in'),
  },
  {
    name: 'a removal that names nobody is passed over',
    file: 'src/server/scim/patch.ts',
    find: 'if (names.has(undefined)) throw refusal',
    plant: 'if (names.has(undefined) && names.size > 1) throw refusal',
    caughtBy: refused('of a group never passes over what it cannot do: %s'),
  },
  {
    name: 'a member is removed only where it is written exactly alike',
    file: 'src/server/scim/patch.ts',
    find: 'const names = new Set(values.map(foldedNameOf));',
    plant:
      'const names = new Set(values.map((value) => (Object.keys(value ?? {}).length > 1 ? JSON.stringify(value) : foldedNameOf(value))));',
    caughtBy: provisioning('loses a member as each provider says it, and nobody else: %s'),
  },
  {
    name: '"False" is somebody active',
    file: 'src/server/scim/schema.ts',
    find: "  ['false', false],\n",
    plant: "  ['false', true],\n",
    caughtBy: provisioning('sees what they may at the very next call, and nothing at all once they are deactivated'),
  },
  {
    name: 'a run confirms what another connector left',
    file: 'connectors/scim/sync.ts',
    find: 'if (cursor) yield',
    plant: "if (cursor ?? source !== '') yield",
    caughtBy: kept('holds nobody of it once it is pushed to, and whoever was pushed comes back when it is pushed to again'),
  },
  {
    name: 'what another connector left stays when the source is pushed to',
    file: 'src/store/sqlite/pushed-store.ts',
    find: '    accounts.deactivate(step, source, tick);\n    groups.unlist(step, source, tick);\n',
    plant: '',
    caughtBy: kept('holds nobody of it once it is pushed to, and whoever was pushed comes back when it is pushed to again'),
  },
  {
    name: 'a push does not wait for a run',
    file: 'src/server/scim/asking.ts',
    find: 'performance.now() > until) throw error;',
    plant: 'performance.now() > until - ms) throw error;',
    caughtBy: kept('a push waits for it, and is lost neither way'),
  },
  {
    name: 'a push leaves no row where it was refused',
    file: 'src/server/http/scim-route.ts',
    find: '      await record(parts,',
    plant: "      if (outcome === 'answered') await record(parts,",
    caughtBy: kept('leaves one row in the audit each, with ids and no names'),
  },
  {
    name: 'a change is made of what has changed since',
    file: 'src/server/scim/directory.ts',
    find: 'if (ifMatch !== undefined && !matches(ifMatch, found)) {',
    plant: "if (ifMatch !== undefined && ifMatch === '') {",
    caughtBy: refused('is refused, and is taken with the tag of now'),
  },
  {
    name: 'line ends without end are given to the parser of filters',
    file: 'src/server/scim/filter.ts',
    find: ' || CONTROL.test(text)) {',
    plant: ') {',
    caughtBy: refused('of line ends is refused before it is parsed: each more of them would take twice as long'),
  },
  {
    name: 'the beginning of the token is enough',
    file: 'src/server/http/operator.ts',
    find: 'return timingSafeEqual(digest(given), digest(secret.reveal()));',
    plant: 'return timingSafeEqual(digest(given), digest(secret.reveal().slice(0, given.length)));',
    caughtBy: refused('%s is refused, counted, and told how to come'),
  },
];

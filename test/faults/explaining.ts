import type { Fault, NamedTest } from './fault.ts';

const worlds = (test: string): NamedTest => ({ file: 'test/core/explain.property.test.ts', test });
const heard = (test: string): NamedTest => ({ file: 'test/tools/explain-access.test.ts', test });
const stored = (test: string): NamedTest => ({ file: 'test/access/explain.test.ts', test });
const command = (test: string): NamedTest => ({ file: 'test/cli/explain.test.ts', test });

const AGREES = 'an explanation says what the rule decides, by chains that are really there';
const OWN = 'a reader hears their own way alone: no other allow, no deny, no member, no title';

/** Mistakes in saying why somebody may see something, and in who is told. */
export const EXPLAINING: readonly Fault[] = [
  {
    name: 'an explanation overlooks a deny that is undecided',
    file: 'src/core/explain.ts',
    find: `stood(principal, held)).filter(({ is }) => is !== 'no');`,
    plant: `stood(principal, held)).filter(({ is }) => is === 'yes');`,
    caughtBy: worlds(AGREES),
  },
  {
    name: 'a cycle of containers explains itself',
    file: 'src/core/explain.ts',
    find: `rounds.findLast((round) => !round.has(key)) ?? rounds[0]`,
    plant: `(rounds.some((round) => round.has(key)) ? last : last)`,
    caughtBy: worlds(AGREES),
  },
  {
    name: 'a chain goes through a listing past its promise',
    file: 'src/core/chain.ts',
    find: `if (!listing?.fresh) {`,
    plant: `if (!listing) {`,
    caughtBy: worlds(AGREES),
  },
  {
    name: 'a chain skips the groups between',
    file: 'src/core/chain.ts',
    find: `{ ...inner, via: listed }`,
    plant: `{ ...inner }`,
    caughtBy: worlds(AGREES),
  },
  {
    name: 'a reader hears whom else a term allows',
    file: 'src/core/own-path.ts',
    find: `(allow ? [{ from, allow: allow.principal, through: allow.through }] : [])`,
    plant: `(allow ? [{ from, allow: allow.principal, through: allow.through }] : []).flatMap((own) => [own, { ...own, from: 'canary' }])`,
    caughtBy: heard(OWN),
  },
  {
    name: 'explain_access explains what was refused',
    file: 'src/reader/answer.ts',
    find: `if (typeof decided === 'string') return { kind: 'explain', found: decided, basis: reading.basis };`,
    plant: `if (typeof decided === 'string') return { kind: 'explain', found: 'absent', basis: reading.basis };`,
    caughtBy: heard('a document that is hidden and one that is not there get the same answer, told apart in the audit alone'),
  },
  {
    name: 'an explanation does not know of links that are made when somebody asks',
    file: 'src/store/sqlite/presumed-links.ts',
    find: `? { ...one, linked: true, former: false } : one`,
    plant: `? one : one`,
    caughtBy: stored('whoever never asked is told what they get when they ask, and that links would be made'),
  },
  {
    name: 'an explanation forgets what a client may not carry',
    file: 'src/access/explain.ts',
    find: `[isDenied(stored.labels, carried), 'label not for this client'],`,
    plant: '',
    caughtBy: stored('what shuts a document whatever its acl says is named: %s'),
  },
  {
    name: 'since when somebody is in a group is since when anybody is',
    file: 'src/store/sqlite/provenance.ts',
    find: `json_each(history.new) AS come WHERE come.value = :of)`,
    plant: `json_each(history.new) AS come)`,
    caughtBy: stored('the chain goes through groups into the directory, and says since when and by which run each is so'),
  },
  {
    name: 'people are decided about as of different states',
    file: 'src/access/who-can.ts',
    find: `basis.version === version && basis.databaseId === databaseId`,
    plant: `basis.databaseId === databaseId`,
    caughtBy: stored('all are decided about as of one state: an index that moves meanwhile is begun again'),
  },
  {
    name: 'an owner sees titles without a reason',
    file: 'src/open-examiner.ts',
    find: `found?.stored.title !== undefined && scope === 'impersonate' ? { title: found.stored.title }`,
    plant: `found?.stored.title !== undefined ? { title: found.stored.title }`,
    caughtBy: command('nobody finds a title, a name or a text in %s %s %s'),
  },
  {
    name: 'the audit does not name who looked',
    file: 'src/open-examiner.ts',
    find: `...(who === operator ? {} : { actor: operator }),`,
    plant: '',
    caughtBy: command('the audit names both, what was asked and by which scope'),
  },
];

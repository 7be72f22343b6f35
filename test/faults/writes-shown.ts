import type { Fault, NamedTest } from './fault.ts';

const found: NamedTest = {
  file: 'test/writes/read-since.test.ts',
  test: 'only a whole run that began after the write has read it',
};

const committing = (test: string): NamedTest => ({ file: 'test/writes/committing.test.ts', test });
const deciding = (test: string): NamedTest => ({ file: 'test/writes/deciding.test.ts', test });
const proposing = (test: string): NamedTest => ({ file: 'test/writes/proposing.test.ts', test });

/** Mistakes about what whoever decides is shown, who may read what is written, and when it is found. */
export const WRITES_SHOWN: readonly Fault[] = [
  {
    name: 'the end of a long change is not shown to whoever decides',
    file: 'src/core/proposal-lines.ts',
    find: `changedLines(change).map(`,
    plant: `changedLines(change).slice(0, 4).map(`,
    caughtBy: {
      file: 'test/core/line-diff.test.ts',
      test: 'a person sees the end of what is long, and that more is there than can be seen',
    },
  },
  {
    name: 'what nobody sees is no change',
    file: 'src/core/proposal-lines.ts',
    find: `return unseen === 0 ? shown`,
    plant: `return unseen >= 0 ? shown`,
    caughtBy: { file: 'test/core/line-diff.test.ts', test: 'a change of nothing but what nobody sees is shown as one' },
  },
  {
    name: 'whoever decides does not see who may read it',
    file: 'src/core/proposal-lines.ts',
    find: `  \`Read by: \${readersOf(audience)}\`,\n`,
    plant: ``,
    caughtBy: { file: 'test/tools/write-tools.test.ts', test: 'to a person it is lines, and no text can make one of its own' },
  },
  {
    name: 'whom a document is for is counted without everybody',
    file: 'src/core/readers.ts',
    find: `['everyone', 'domain',`,
    plant: `['domain',`,
    caughtBy: {
      file: 'test/core/readers.test.ts',
      test: '%s: whoever may read something is counted, and nobody is named',
    },
  },
  {
    name: 'of what was proposed before its readers of then are told',
    file: 'src/writes/propose.ts',
    find: `    audience: { unknown: 'It was proposed before.' },\n`,
    plant: ``,
    caughtBy: committing('a confirmation that comes again gets the same receipt, and writes nothing'),
  },
  {
    name: 'a warning that came later is shown to nobody',
    file: 'src/writes/propose.ts',
    find: `preview.warnings.every((warning) => proposal.warnings.includes(warning));`,
    plant: `preview.warnings.length >= 0;`,
    caughtBy: committing('what is to be warned of by now, and was not when it was shown, is shown before anything is written'),
  },
  {
    name: 'a warning that went away takes the decision with it',
    file: 'src/writes/propose.ts',
    find: `preview.warnings.every((warning) => proposal.warnings.includes(warning));`,
    plant: `canonicalJson(preview.warnings) === canonicalJson(proposal.warnings);`,
    caughtBy: committing('what is to be warned of by now, and was not when it was shown, is shown before anything is written'),
  },
  {
    name: 'what comes to need somebody else keeps its quarter of an hour',
    file: 'src/writes/commit.ts',
    find: `const expiresAt = isNew ? expiryOf(now.needs, at) : row.expiresAt;`,
    plant: `const expiresAt = isNew ? row.expiresAt : row.expiresAt;`,
    caughtBy: deciding('what comes to need somebody else has a day from then on, and its confirmation stays good'),
  },
  {
    name: 'whoever reads on has what waits wait for ever',
    file: 'src/writes/commit.ts',
    find: ` && content.proposal.needs !== 'approve';`,
    plant: `;`,
    caughtBy: deciding('what already needs somebody else waits no longer for what was read since'),
  },
  {
    name: 'what is over comes back when it is said anew',
    file: 'src/store/sqlite/ledger/proposal-rows.ts',
    find: `    WHERE id = ? AND state = ? AND expires_at > ?\`);
  const abandon`,
    plant: `    WHERE id = ? AND state = ? AND expires_at > -?\`);
  const abandon`,
    caughtBy: {
      file: 'test/store/sqlite/ledger/proposals.test.ts',
      test: 'what is said anew waits as long as is said with it, and what is over does not come back',
    },
  },
  {
    name: 'a client asks its user about more than it can show',
    file: 'src/server/ask-person.ts',
    find: `if (message.length > MESSAGE_MAX) return 'unable';`,
    plant: ``,
    caughtBy: { file: 'test/e2e/writes.test.ts', test: 'asks its user nothing that is too long to be shown' },
  },
  {
    name: 'a run that passed by before something was written has found it',
    file: 'src/writes/read-since.ts',
    find: `latest.startedAt > since`,
    plant: `latest.startedAt >= since`,
    caughtBy: found,
  },
  {
    name: 'a run for permissions finds what was written',
    file: 'src/writes/read-since.ts',
    find: `latest.alone === undefined &&`,
    plant: ``,
    caughtBy: found,
  },
  {
    name: 'fewer readers are more',
    file: 'src/core/wider.ts',
    find: `term.allow.isSubsetOf(needed.allow)`,
    plant: `needed.allow.isSubsetOf(term.allow)`,
    caughtBy: proposing('what was read by fewer than may read the target asks for somebody else'),
  },
];

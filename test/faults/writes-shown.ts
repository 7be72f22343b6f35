import type { Fault, NamedTest } from './fault.ts';

const found: NamedTest = {
  file: 'test/writes/read-since.test.ts',
  test: 'only a whole run that began after the write has read it',
};

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
    caughtBy: {
      file: 'test/writes/committing.test.ts',
      test: 'a confirmation that comes again gets the same receipt, and writes nothing',
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

import type { Fault, NamedTest } from './fault.ts';

const out = (test: string): NamedTest => ({ file: 'test/sources/outgoing.test.ts', test });
const failing = (test: string): NamedTest => ({ file: 'test/sources/outgoing-failing.test.ts', test });

/** Mistakes about what goes out. */
export const CALLING: readonly Fault[] = [
  {
    name: 'a redirect leads to any host',
    file: 'src/sources/outgoing.ts',
    find: `if (!known.has(url.host) ||`,
    plant: `if (`,
    caughtBy: out('to another host is refused, and nothing is sent there'),
  },
  {
    name: 'a call that writes is made where only reading is meant',
    file: 'src/sources/outgoing.ts',
    find: `if (call && (writes || call.operation.access === 'read'))`,
    plant: `if (call)`,
    caughtBy: out('%s is refused before anything is sent'),
  },
  {
    name: 'a token is sent as a bearer token wherever it is sent',
    file: 'src/sources/authorise.ts',
    find: `as === undefined ? value : passwordOf(as, value)`,
    plant: `as === value ? passwordOf(as, value) : value`,
    caughtBy: out('a token is shown as a password where the operation says whose, and nowhere else'),
  },
  {
    name: 'the end of a name stands for any name',
    file: 'src/sources/declared.ts',
    find: `step.endsWith(wanted.slice(1))`,
    plant: `step.length > 0`,
    caughtBy: out('an end of a name is no other name: %s'),
  },
  {
    name: 'an encoded slash is a letter like another',
    file: 'src/sources/declared.ts',
    find: `if (!steps.every(isPlain)) return undefined;`,
    plant: `if (steps.length === 0 && !isPlain('')) return undefined;`,
    caughtBy: out('%s is refused before anything is sent'),
  },
  {
    name: 'a name is connected to whatever it leads to',
    file: 'src/sources/address.ts',
    find: `else if (found.some(({ address }) => !isPublic(address)))`,
    plant: `else if (found.every(({ address }) => !isPublic(address)))`,
    caughtBy: out('a name is refused by the address that would be connected to, at the moment it is'),
  },
  {
    name: 'a call that may do something twice is made again',
    file: 'src/sources/outgoing.ts',
    find: `const repeatable = (repeats || IDEMPOTENT.has(request.method)) && tried < tries;`,
    plant: `const repeatable = IDEMPOTENT.size > 0 && tried < tries;`,
    caughtBy: failing('is not asked again where that could do something twice'),
  },
  {
    name: 'half an answer is a shorter answer',
    file: 'src/sources/body.ts',
    find: `        signal.throwIfAborted();\n        throw new AppError(`,
    plant: `        signal.throwIfAborted();\n        if (read > 0) return { done: true as const, value: undefined };\n        throw new AppError(`,
    caughtBy: failing('in the middle of its answer gives no shorter answer'),
  },
  {
    name: 'a place that was rung for is rung for without end',
    file: 'src/cli/ring-on-change.ts',
    find: `      rungFor = at;\n`,
    plant: '',
    caughtBy: {
      file: 'test/cli/ring-on-change.test.ts',
      test: 'nothing is waited for before a first run, and then each place rings once',
    },
  },
];

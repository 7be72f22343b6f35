import type { Fault, NamedTest } from './fault.ts';

const out = (test: string): NamedTest => ({ file: 'test/sources/outgoing.test.ts', test });
const addresses = (test: string): NamedTest => ({ file: 'test/sources/outgoing-addresses.test.ts', test });
const budget = (test: string): NamedTest => ({ file: 'test/sources/outgoing-budget.test.ts', test });
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
    caughtBy: addresses('a name is refused by the address that would be connected to, at the moment it is'),
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
    find: `      signal.throwIfAborted();\n      throw new AppError(`,
    plant: `      signal.throwIfAborted();\n      if (read > 0) return { done: true as const, value: undefined };\n      throw new AppError(`,
    caughtBy: failing('in the middle of its answer gives no shorter answer'),
  },
  {
    name: 'a header may steer whoever reads of it',
    file: 'src/sources/sunset.ts',
    find: `[!-;=?-~]{1,500}`,
    plant: `[^<>\\s]{1,500}`,
    caughtBy: { file: 'test/sources/outgoing.test.ts', test: 'a link with %s is no link to read more at' },
  },
  {
    name: 'an address of a link is one like another where its number is',
    file: 'src/sources/address.ts',
    find: ` || address.includes('%')`,
    plant: '',
    caughtBy: { file: 'test/sources/address.test.ts', test: '%s is not' },
  },
  {
    name: 'what nobody was given of IPv6 is public',
    file: 'src/sources/address.ts',
    find: `& 0xe0_00) === 0x20_00`,
    plant: `& 0xe0_00) >= 0`,
    caughtBy: { file: 'test/sources/address.test.ts', test: '%s is not' },
  },
  {
    name: 'a proxy of the environment connects to what nobody looked at',
    file: 'src/sources/line.ts',
    find: `        dispatcher: waiting(privateNetwork ? inside : open, silence),\n`,
    plant: '',
    caughtBy: addresses('no proxy of the environment is asked'),
  },
  {
    name: 'a call has left as soon as its answer begins',
    file: 'src/sources/outgoing.ts',
    find: `void over.then(end);`,
    plant: `void over;\n      end();`,
    caughtBy: budget('is held until its answer was read'),
  },
  {
    name: 'an answer that nobody reads is waited for without end',
    file: 'src/sources/outgoing.ts',
    find: `      signal.addEventListener('abort', end, { once: true });\n`,
    plant: '',
    caughtBy: budget('is free at the end of its time, though nobody ever reads its answer'),
  },
  {
    name: 'what is asked again is counted once',
    file: 'src/sources/outgoing.ts',
    find: `        await sleep(Math.max(0, pause), signal);\n        await turn(signal);\n`,
    plant: `        await sleep(Math.max(0, pause), signal);\n`,
    caughtBy: budget('is taken by every attempt'),
  },
  {
    name: 'a redirect is counted by nobody',
    file: 'src/sources/outgoing.ts',
    find: `      url = to;\n      await turn(signal, call);\n`,
    plant: `      url = to;\n`,
    caughtBy: budget('is taken by every redirect, and by what is asked again with another sign-in'),
  },
  {
    name: 'whoever waits for a turn waits for as long as a source wants',
    file: 'src/sources/budget.ts',
    find: `        if (quietUntil - now() > PATIENCE) return false;\n`,
    plant: '',
    caughtBy: budget('is waited for by nobody once the source asked for more quiet than that'),
  },
  {
    name: 'all sources of a process share one budget',
    file: 'src/sources/outgoing.ts',
    find: `const budget = budgets.get(name) ??`,
    plant: `const budget = [...budgets.values()].at(0) ??`,
    caughtBy: budget('are limited each by what was said to it, in all that reads it'),
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

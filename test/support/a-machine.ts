import { randomBytes, randomUUID } from 'node:crypto';

import type { Machine } from '../../src/machine.ts';
import { openOutgoingLater } from '../../src/open-outgoing.ts';

/** A machine that remembers what it was told. */
export interface AMachine extends Machine {
  readonly warned: readonly string[];
  readonly bugs: readonly unknown[];
}

/** The machine of this process, without its environment and its voice. */
export const aMachine = (given: Partial<Machine> = {}): AMachine => {
  const warned: string[] = [];
  const bugs: unknown[] = [];
  return {
    version: '0.0.0-test',
    env: {},
    uid: process.getuid?.(),
    operator: 'tester',
    stdin: process.stdin,
    stdout: process.stdout,
    outgoing: openOutgoingLater({ now: () => Date.now(), random: Math.random }),
    now: () => Date.now(),
    random: (size) => randomBytes(size),
    requestId: randomUUID,
    warn: (message) => void warned.push(message),
    onBug: (error) => void bugs.push(error),
    ...given,
    warned,
    bugs,
  };
};

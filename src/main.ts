import { randomBytes, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { homedir, tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';

import { createInterrupt } from './cli/interrupt.ts';
import type { Parts } from './cli/parts.ts';
import { runProgram } from './cli/program.ts';
import { printStack } from './cli/stack.ts';
import { createTerminal } from './cli/terminal.ts';
import { endpointOf } from './endpoint.ts';
import type { Machine } from './machine.ts';
import { openDesk } from './open-desk.ts';
import { openIndex } from './open-index.ts';
import { openOutgoingLater } from './open-outgoing.ts';
import { openTrail } from './open-trail.ts';

/** Begins here: reads the real environment, and hands it to what builds the real things. */

const require = createRequire(import.meta.url);
const manifest = require.resolve('castellan/package.json'); // by its name: compiled, this lies one folder deeper
const { version }: { readonly version: string } = require(manifest);
const root = dirname(manifest);
const now = (): number => Date.now();
const verbose = process.argv.includes('--verbose');

const terminal = createTerminal({ stdout: process.stdout, stderr: process.stderr, colour: !process.env['NO_COLOR'] });
const interrupt = createInterrupt({ now, quit: () => process.exit(130) });
process.on('SIGINT', interrupt.request);
process.on('SIGTERM', interrupt.request);
// Whoever closes the terminal asks to stop, too. What runs without one (nohup) is meant to go on.
if (process.stdin.isTTY || process.stderr.isTTY) process.on('SIGHUP', interrupt.request);

const warn = (message: string): void => terminal.err.line(message);
const onBug = (error: unknown, request: string): void => {
  if (interrupt.signal.aborted) return;
  // Its message may quote what was being read, and whoever reads this may not see that.
  warn(`Request ${request} failed (${error instanceof Error ? error.name : typeof error}). To see where, run it with --verbose.`);
  if (verbose) printStack(terminal.err, error);
};

/** In a container that can be a number without a name. */
const operator = (): string => {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
};

/** A user without a name may have no home either. */
const homeOfOperator = (): string => {
  try {
    return homedir();
  } catch {
    return tmpdir();
  }
};

const machine: Machine = {
  version,
  env: process.env,
  uid: process.getuid?.(),
  operator: operator(),
  stdin: process.stdin,
  stdout: process.stdout,
  outgoing: openOutgoingLater({ now, random: Math.random }),
  now,
  random: (size) => randomBytes(size),
  requestId: randomUUID,
  warn,
  onBug,
};

const parts: Parts = {
  version,
  now,
  stdin: process.stdin,
  program: [process.execPath, join(root, 'src', 'launcher.js')],
  company: join(root, 'fixtures', 'company'),
  temporary: tmpdir(),
  examples: join(root, 'docs', 'examples'),
  home: homeOfOperator(),
  endpoint: (place, options) => endpointOf(place, options, machine),
  openIndex: (place) => openIndex(place, machine),
  openDesk: (place) => openDesk(place, machine),
  // What most commands do not need is not read for them.
  openHttp: async (place, options) => (await import('./open-http.ts')).openHttp(place, machine, options),
  openTrail: (place) => openTrail(place, machine),
  issueToken: async (place, request) => (await import('./issue-token.ts')).issueToken(place, request, machine),
  openPeople: async (place) => (await import('./open-people.ts')).openPeople(place, machine),
  openPatient: async (place) => (await import('./open-patient.ts')).openPatient(place, machine),
  openExaminer: async (place) => (await import('./open-examiner.ts')).openExaminer(place, machine),
  openConnecting: async (place) => (await import('./open-connecting.ts')).openConnecting(place, machine),
  openAsking: async (place, request) => (await import('./open-asking.ts')).openAsking(place, request, machine),
  openPreview: async (draft, signal) =>
    (await import('./open-preview.ts')).openPreview(draft, { temporary: tmpdir(), signal }, machine),
};

process.exitCode = await runProgram(process.argv.slice(2), { parts, terminal, signal: interrupt.signal });

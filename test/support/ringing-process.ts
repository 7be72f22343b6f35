import { runProgram } from '../../src/cli/program.ts';
import { createTerminal } from '../../src/cli/terminal.ts';
import { openIndex } from '../../src/open-index.ts';
import { aMachine } from './a-machine.ts';
import { ringing } from './a-ringing-connector.ts';
import { partsWith } from './some-parts.ts';

/** The command line with one more kind of source, in a process of its own. */

const machine = aMachine({ env: process.env, connectors: [ringing] });
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());

process.exitCode = await runProgram(process.argv.slice(2), {
  parts: partsWith({ openIndex: (place) => openIndex(place, machine), stdin: process.stdin }),
  terminal: createTerminal({ stdout: process.stdout, stderr: process.stderr, colour: false }),
  signal: stop.signal,
});

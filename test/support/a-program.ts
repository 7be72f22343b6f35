import { runProgram } from '../../src/cli/program.ts';
import { createTerminal } from '../../src/cli/terminal.ts';
import { openExaminer } from '../../src/open-examiner.ts';
import { openIndex } from '../../src/open-index.ts';
import { openPatient } from '../../src/open-patient.ts';
import { openPeople } from '../../src/open-people.ts';
import { openPreview } from '../../src/open-preview.ts';
import { aMachine } from './a-machine.ts';
import { aStream } from './a-stream.ts';
import type { Ended } from './a-command.ts';
import { partsWith } from './some-parts.ts';

export interface ProgramOptions {
  /** Where previews are made. */
  readonly temporary: string;
  readonly now?: () => number;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Runs a command that looks at data or at a place, in this process. No other part is there. */
export const inProcess = async (
  argv: readonly string[],
  { temporary, now = () => Date.now(), env = {}, signal = new AbortController().signal }: ProgramOptions,
): Promise<Ended> => {
  const [stdout, stderr] = [aStream(), aStream()];
  const machine = aMachine({ now, env });
  const parts = partsWith({
    now,
    temporary,
    openPreview: (draft, aborted) => openPreview(draft, { temporary, signal: aborted }, machine),
    openIndex: (place) => openIndex(place, machine),
    openExaminer: async (place) => openExaminer(place, machine),
    openPatient: async (place) => openPatient(place, machine),
    openPeople: (place) => openPeople(place, machine),
  });
  const code = await runProgram(argv, { parts, terminal: createTerminal({ stdout, stderr, colour: false }), signal });
  return { code, stdout: stdout.written(), stderr: stderr.written() };
};

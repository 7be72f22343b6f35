import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';

import { onTestFinished } from 'vitest';

import { runProgram } from '../../src/cli/program.ts';
import { createTerminal } from '../../src/cli/terminal.ts';
import { openConnecting } from '../../src/open-connecting.ts';
import { openIndex } from '../../src/open-index.ts';
import { openOutgoingLater } from '../../src/open-outgoing.ts';
import { openPatient } from '../../src/open-patient.ts';
import { openTrail } from '../../src/open-trail.ts';
import type { Ended } from './a-command.ts';
import { aFolder } from './a-folder.ts';
import { aMachine } from './a-machine.ts';
import { ORGANISATION } from './a-place.ts';
import { aStream } from './a-stream.ts';
import { partsWith } from './some-parts.ts';

/** How a command is run: what is piped in, and what a browser does with an address that it is shown. */
export interface Running {
  readonly stdin?: string | Readable;
  readonly browse?: (address: string) => void;
  readonly signal?: AbortSignal;
  /** Hears what is said on stderr, when it is. */
  readonly hear?: (text: string) => void;
}

/** A configuration with the source `wiki`, and the commands on it, in this process. The list of connectors is for the test to extend. */
export interface ASigningPlace {
  readonly data: string;
  readonly clock: { now: number };
  readonly env: Record<string, string>;
  readonly configure: (settings: string) => Promise<void>;
  readonly run: (argv: readonly string[], running?: Running) => Promise<Ended>;
  /** All that any command said. */
  readonly said: () => string;
}

/** Makes one, gone with the test. */
export const aSigningPlace = async (settings: string): Promise<ASigningPlace> => {
  const folder = await aFolder();
  const config = join(folder, 'castellan.yaml');
  const data = join(folder, 'data');
  const clock = { now: Date.now() };
  const began = performance.now();
  const now = (): number => Math.floor(clock.now + performance.now() - began);
  const outgoing = openOutgoingLater({ now, random: Math.random });
  onTestFinished(() => outgoing.close());
  const env: Record<string, string> = {};
  const machine = aMachine({ now, outgoing, env });
  let said = '';
  const configure = (text: string): Promise<void> =>
    writeFile(
      config,
      `${ORGANISATION}server: { listen: 127.0.0.1:0 }\nembedding: { provider: none }\nsources:\n  wiki: { connector: pages, private_network: true, ${text} }\n`,
    );
  await configure(settings);
  return {
    data,
    clock,
    env,
    configure,
    said: () => said,
    run: async (argv, { stdin = '', browse = () => undefined, signal = new AbortController().signal, hear } = {}) => {
      const [stdout, stderr] = [aStream(), aStream()];
      const write = stderr.write.bind(stderr);
      if (hear) Object.assign(stderr, { write: (text: string) => (hear(text), write(text)) });
      const parts = partsWith({
        now,
        stdin: typeof stdin === 'string' ? piped(stdin) : stdin,
        openIndex: (place) => openIndex(place, machine),
        openPatient: async (place) => openPatient(place, machine),
        openTrail: (place) => openTrail(place, machine),
        openConnecting: async (place) => ({ ...(await openConnecting(place, machine)), openBrowser: browse }),
      });
      const where = ['--config', config, '--data', data];
      const terminal = createTerminal({ stdout, stderr, colour: false });
      const code = await runProgram([...argv, ...where], { parts, terminal, signal });
      const short = (text: string): string =>
        text.replaceAll(` --config ${config} --data ${data}`, '').replaceAll(folder, '/place');
      const ended = { code, stdout: short(stdout.written()), stderr: short(stderr.written()) };
      said += ended.stdout + ended.stderr;
      return ended;
    },
  };
};

const piped = (text: string): PassThrough => {
  const stream = new PassThrough();
  stream.end(text);
  return stream;
};

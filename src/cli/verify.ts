import { Command, InvalidArgumentError } from 'commander';

import type { Fidelity } from '../access/fidelity/fidelity.ts';
import type { Context, GlobalOptions } from './context.ts';
import { createProgressLine } from './progress.ts';
import { look } from './terminal.ts';
import { fidelityJson, printFidelity } from './verify-print.ts';
import { count, grouped } from './words.ts';

/** Pairs that are asked about when nobody says how many, and at most. */
const SAMPLE = 200;
const SAMPLE_MAX = 10_000;

/** Asks a source itself whether we decide as it does. */
export const verifyCommand = ({ parts, terminal, signal, fail }: Context): Command =>
  new Command('verify')
    .summary('ask a source whether we decide as it does')
    .description(
      'Asks the live source about random people and documents, compares its answers with our decisions, and explains every ' +
        'difference. Names of people and ids only, no title and no text. The audit names you. Exit code 1 when we show anything that ' +
        'the source does not, or not all of it could be asked.',
    )
    .argument('<source>', 'a source of the configuration')
    .option('--sample <number>', `how many pairs of a person and a document, at most ${SAMPLE_MAX}`, sampleOf, SAMPLE)
    .option('--seed <word>', 'draws the same pairs again, while people, documents and permissions are the same', seedOf)
    .option('--reason <text>', 'why you look, for the audit')
    .addHelpText('after', '\nExample:\n  castellan verify handbook --sample 500')
    .action(async (source: string, _: unknown, command: Command) => {
      const { config, data, json, sample, seed, reason } = command.optsWithGlobals<GlobalOptions & VerifyOptions>();
      const place = { config, data };
      const examiner = await parts.openExaminer(place);
      const line = createProgressLine(terminal.err, parts.now);
      try {
        const fidelity = await examiner.verify({
          source,
          sample,
          signal,
          onProgress: (done, of) => line.show([look('cyan', source), `   ${grouped(done)} of ${count(of, 'pair')} asked`]),
          ...(seed === undefined ? {} : { seed }),
          ...(reason === undefined ? {} : { reason }),
        });
        line.done();
        if (json) terminal.out.json(fidelityJson(fidelity));
        else printFidelity(terminal.out, fidelity, place);
        if (!isSure(fidelity)) fail();
      } finally {
        line.done();
        await examiner.close();
      }
    });

interface VerifyOptions {
  readonly sample: number;
  readonly seed?: string;
  readonly reason?: string;
}

/** Nothing is wider here than at the source, and all that was drawn was answered. */
const isSure = ({ widening, errors, asked, drawn }: Fidelity): boolean => widening === 0 && errors === 0 && asked === drawn;

const sampleOf = (text: string): number => {
  const sample = Number(text);
  if (Number.isInteger(sample) && sample >= 1 && sample <= SAMPLE_MAX) return sample;
  throw new InvalidArgumentError(`Give a whole number from 1 to ${SAMPLE_MAX}.`);
};

const seedOf = (text: string): string => {
  if (/^[\w-]{1,64}$/u.test(text)) return text;
  throw new InvalidArgumentError('Give a word of at most 64 letters, digits, - and _.');
};

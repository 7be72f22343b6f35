import type { Config } from './config/config.ts';
import type { AskSource } from './core/asked.ts';
import { AppError } from './core/errors.ts';
import type { Machine } from './machine.ts';
import { understandingOf } from './open-live.ts';
import { fetchOf } from './open-outgoing.ts';
import type { SignIns } from './open-sign-ins.ts';
import { createAskSource } from './sources/ask.ts';
import { DEFAULT_RATE } from './sources/budget.ts';

/** A source is asked about so many documents at the same time, and fewer where its budget is less. */
const CONCURRENT_MAX = 10;

/** Opens one configured source to be asked about single documents. Throws `invalid_input` for one that cannot be. */
export const openAskSource = (
  name: string,
  { sources, folder }: Pick<Config, 'sources' | 'folder'>,
  { outgoing, now }: Pick<Machine, 'outgoing' | 'now'>,
  signIns: Pick<SignIns, 'of'>,
): { readonly ask: AskSource; readonly concurrent: number } => {
  const source = sources.find((one) => one.name === name);
  if (!source) {
    const known = sources.map((one) => one.name).join(', ');
    throw new AppError('invalid_input', `The configuration has no source ${JSON.stringify(name)}. It has ${known}.`);
  }
  const ask = createAskSource({
    name,
    source: { ...source, folder, fetch: fetchOf(source, outgoing, signIns.of(source)) },
    understand: understandingOf(new Map()),
    now,
  });
  if (!ask) {
    throw new AppError(
      'invalid_input',
      `${source.connector.title} cannot be asked about one document, so ${name} cannot be verified. Compare by: castellan explain`,
    );
  }
  return { ask, concurrent: Math.min(CONCURRENT_MAX, source.rate.concurrent ?? DEFAULT_RATE.concurrent) };
};

import { AppError } from '../core/errors.ts';
import type { Asked } from '../core/schedule.ts';
import type { Progress } from '../ingest/progress.ts';
import type { SyncEnd } from '../ingest/runner.ts';
import type { SourceStatus } from '../store/store.ts';
import type { Context } from './context.ts';
import type { Index } from './parts.ts';
import type { ToSend } from './to-send.ts';
import { createProgressLine } from './progress.ts';
import { look, type Piece } from './terminal.ts';
import { RUNS_MAX, turns } from './turns.ts';
import { count, grouped, span } from './words.ts';

/** How one source's run ended, and how long it took in ms. */
interface SourceRun {
  readonly source: string;
  readonly end: SyncEnd;
  readonly ms: number;
}

/** A source that another process is syncing. */
interface Refused {
  readonly source: string;
  readonly error: AppError;
}

/** What a sync did, and how its sources stand after it. */
export interface SyncReport {
  readonly runs: readonly SourceRun[];
  /** Sources that another process is syncing. */
  readonly refused: readonly Refused[];
  readonly statuses: readonly SourceStatus[];
  /** Why the model could not run. */
  readonly unembedded?: AppError;
}

interface SyncAll {
  readonly sources: readonly string[];
  readonly acceptDeletions: boolean;
  readonly asked?: Asked;
}

/** Syncs these sources side by side, then gives what waits its vectors. Tells on stderr how far it has come. */
export const syncAll = async (
  index: Index,
  { sources, acceptDeletions, asked = 'changes' }: SyncAll,
  { parts, terminal, signal }: Pick<Context, 'parts' | 'terminal' | 'signal'>,
): Promise<SyncReport> => {
  const inTurn = turns(RUNS_MAX);
  const one = async (source: string): Promise<SourceRun | Refused> => {
    signal.throwIfAborted();
    const began = parts.now();
    const line = createProgressLine(terminal.err, parts.now);
    const onProgress = (progress: Progress): void => line.show(readSoFar(source, progress));
    try {
      const end = await index.sync(source, { acceptDeletions, asked, signal, onProgress });
      return { source, end, ms: parts.now() - began };
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'conflict')) throw error;
      return { source, error }; // the others need not wait for it
    } finally {
      line.done();
    }
  };
  const settled = await Promise.allSettled(sources.map((source) => inTurn(() => one(source))));
  const ended = settled.map((each) => {
    if (each.status === 'rejected') throw each.reason; // once all have let go of their sources
    return each.value;
  });
  const runs = ended.filter((each) => 'end' in each);
  const refused = ended.filter((each) => 'error' in each);
  signal.throwIfAborted();
  const unembedded = await embedWaiting(index, { parts, terminal, signal });
  await tidy(index, { runs, terminal });
  const statuses = (await index.status()).filter(({ name }) => sources.includes(name));
  return { runs, refused, statuses, ...(unembedded ? { unembedded } : {}) };
};

/** What was deleted is still in the log until it is folded in. A reader in the way is told of; the next sync tries again. */
const tidy = async (index: Index, { runs, terminal }: Pick<SyncReport, 'runs'> & Pick<Context, 'terminal'>): Promise<void> => {
  if (runs.every(({ end: { counts } }) => counts.changed + counts.deleted === 0)) return;
  try {
    await index.tidy();
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'unavailable')) throw error;
    terminal.err.line(error.message);
  }
};

/** A model that cannot run is told, and loses nothing: what waits is found by words. */
const embedWaiting = async (
  index: Index,
  { parts, terminal, signal }: Pick<Context, 'parts' | 'terminal' | 'signal'>,
): Promise<AppError | undefined> => {
  const line = createProgressLine(terminal.err, parts.now);
  try {
    const sent = await index.toSend();
    if (sent) terminal.err.line(costOf(sent));
    await index.embed({ signal, onProgress: (progress) => (progress.total ? line.show(embeddedSoFar(progress)) : undefined) });
    return undefined;
  } catch (error) {
    if (error instanceof AppError && !signal.aborted) return error;
    throw error;
  } finally {
    line.done();
  }
};

/** How far a run has come. */
export const readSoFar = (source: string, { read, changed, problems, perSecond }: Progress): Piece[] => [
  look('cyan', source),
  `   ${count(read, 'document')} read   ${Math.round(perSecond)}/s   ${grouped(changed)} changed`,
  ...(problems > 0 ? ['   ', look('yellow', count(problems, 'problem'))] : []),
];

const costOf = ({ chunks, tokens, host, model, dollars }: ToSend): string => {
  const price = dollars === undefined ? '' : `: ${dollars < 0.01 ? 'less than $0.01' : `about $${dollars.toFixed(2)}`}`;
  return `${count(chunks, 'chunk')}, about ${count(tokens, 'token')}, are sent to ${host} for ${model}${price}.`;
};

const embeddedSoFar = ({ done = 0, total = 0, perSecond }: Progress): Piece[] => [
  look('cyan', 'vectors'),
  `   ${grouped(done)} of ${count(total, 'chunk')}   ${Math.round(perSecond)}/s`,
  perSecond > 0 ? `   about ${span(((total - done) * 1000) / perSecond)} left` : '',
];

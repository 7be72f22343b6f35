import type { Delivered } from '../../core/hook.ts';

/** Keeps deliveries of a source. */
type Keep = (source: string, delivered: readonly Delivered[], now: number) => Promise<unknown>;

export interface RingsOptions {
  readonly keep: Keep;
  /** ms since 1970. */
  readonly now: () => number;
  /** Between two commits for one source, in ms. */
  readonly everyMs?: number;
}

/** However many are delivered, the index is written to a few times a second. */
const EVERY_MS = 250;

interface Gathered {
  /** Each once. */
  readonly all: Map<string, Delivered>;
  readonly kept: Promise<unknown>;
}

/** Takes deliveries, those of one source that come close together in one commit. Resolves once that is on disk. */
export const createRings = ({
  keep,
  now,
  everyMs = EVERY_MS,
}: RingsOptions): ((source: string, delivered: Delivered) => Promise<void>) => {
  const gathering = new Map<string, Gathered>();
  const last = new Map<string, Promise<unknown>>();

  const gather = (source: string): Gathered => {
    const all = new Map<string, Delivered>();
    const before = last.get(source) ?? Promise.resolve();
    const kept = before.then(() => {
      gathering.delete(source); // whoever comes from here on is of the next commit
      return keep(source, [...all.values()], now());
    });
    const rested = kept.catch(() => undefined).then(() => pause(everyMs));
    last.set(source, rested);
    return { all, kept };
  };

  return async (source, delivered) => {
    const gathered = gathering.get(source) ?? gather(source);
    gathering.set(source, gathered);
    gathered.all.set(`${delivered.digest} ${delivered.id}`, delivered);
    await gathered.kept;
  };
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms).unref());

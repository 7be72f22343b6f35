import type { Engine } from '../access/engine/engine.ts';
import type { Reader } from '../store/reader.ts';

/** How long nothing is looked at where all was read, in ms: less than it takes to write what the change log holds. */
const IDLE_MS = 1000;
/** Between two slices, as a multiple of what the last one took: questions come first, and so does a writer that tidies its log. */
const REST = 2;
const REST_MIN_MS = 1;

/** Reads on between questions until an engine knows the index, and then keeps it there. Ends with the thread. */
export const keepUp = (reader: Reader, engine: Engine): void => {
  const step = (): void => {
    const began = performance.now();
    let more;
    try {
      more = reader.read((reading) => engine.advance(reading));
    } catch {
      return; // the next question meets the same, and says so to somebody
    }
    const rest = more ? Math.max(REST_MIN_MS, REST * (performance.now() - began)) : IDLE_MS;
    setTimeout(step, rest).unref();
  };
  setTimeout(step, REST_MIN_MS).unref();
};

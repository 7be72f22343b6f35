/**
 * Shared by a thread and its owner. A thread that is ended in the middle of native code of the model takes the process with it,
 * so its owner waits for a moment at which it is not there.
 */
export interface Guard {
  /** In the thread: does what must not be cut off. Does nothing any more once the owner has seized the thread. */
  protect<T>(work: () => Promise<T>): Promise<T>;
  /** For the owner: resolves when nothing is under way that must not be cut off, and nothing more will be. */
  seize(): Promise<void>;
}

/** What a guard keeps itself in, to be handed to the thread. */
export const guardMemory = (): SharedArrayBuffer => new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);

/** The guard in a piece of shared memory. */
export const guardIn = (memory: SharedArrayBuffer): Guard => {
  const cell = new Int32Array(memory);
  const release = (): void => {
    Atomics.store(cell, 0, FREE);
    Atomics.notify(cell, 0);
  };
  return {
    protect: async (work) => {
      if (Atomics.compareExchange(cell, 0, FREE, BUSY) !== FREE) return new Promise(() => undefined);
      try {
        return await work();
      } finally {
        release();
      }
    },
    seize: async () => {
      while (Atomics.compareExchange(cell, 0, FREE, SEIZED) === BUSY) await Atomics.waitAsync(cell, 0, BUSY).value;
    },
  };
};

const FREE = 0;
const BUSY = 1;
const SEIZED = 2;

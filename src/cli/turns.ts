/** Sources read at once: one that takes long does not keep the others from being read, and memory stays bounded. */
export const RUNS_MAX = 4;

/** At most so many at once; the others wait for their turn. */
export const turns = (most: number): (<T>(work: () => Promise<T>) => Promise<T>) => {
  let free = most;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
};

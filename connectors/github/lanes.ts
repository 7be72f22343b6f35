/** How much is asked at the same time: what the budget of a source allows by default. */
const LANES = 4;

/** Does something for each, a few at a time; the answers stand in the order of what was asked. The first that fails fails all. */
export const forEach = async <From, To>(all: readonly From[], work: (one: From) => Promise<To>): Promise<To[]> => {
  const answers = new Map<number, To>();
  const waiting = all.entries();
  const lane = async (): Promise<void> => {
    for (const [index, one] of waiting) answers.set(index, await work(one));
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return [...answers].toSorted(([a], [b]) => a - b).map(([, answer]) => answer);
};

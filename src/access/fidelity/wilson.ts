/** A share, and the 95 % interval around it. */
export interface Share {
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

/** Of the normal distribution: 95 % lie within so many standard deviations. */
const Z = 1.959_964;

/**
 * The score interval of E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American
 * Statistical Association 22 (1927), 209–212: unlike the usual one it says something true where all agree. `of` need not be whole.
 */
export const wilson = (share: number, of: number): Share => {
  const square = Z ** 2;
  const middle = (share + square / (2 * of)) / (1 + square / of);
  const half = (Z / (1 + square / of)) * Math.sqrt((share * (1 - share)) / of + square / (4 * of ** 2));
  return { share, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
};

/** The share of those that agree. Undefined of none. */
export const shareOf = (agreeing: number, of: number): Share | undefined => (of === 0 ? undefined : wilson(agreeing / of, of));

/** One answer, and how many pairs it stands for. */
export interface Weighed {
  readonly agrees: boolean;
  readonly weight: number;
}

/** The same of all pairs, each answer counted for those it stands for; the interval is that of as many as weigh equally (Kish). */
export const weighedShare = (answers: readonly Weighed[]): Share | undefined => {
  const whole = answers.reduce((sum, { weight }) => sum + weight, 0);
  if (whole === 0) return undefined;
  const agreeing = answers.reduce((sum, { agrees, weight }) => sum + (agrees ? weight : 0), 0);
  const squares = answers.reduce((sum, { weight }) => sum + weight ** 2, 0);
  return wilson(agreeing / whole, whole ** 2 / squares);
};

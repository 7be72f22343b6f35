import type { Answer, AnswerTo, Direction } from './question.ts';

/** What the index says once sources have spoken. */
type Confirmed = Exclude<Answer, AnswerTo<'pending'>>;

export interface Understanding {
  /** Asks by a model, or by words alone; `settled`: that is to be the last word. */
  readonly ask: (by: { readonly meaning?: Direction; readonly settled?: true }) => Promise<Confirmed>;
  /** Which way the query points, by the model in use. */
  readonly direction: Direction | undefined;
  /** The same by the model before it; undefined where that cannot be asked any more. */
  readonly former: (fingerprint: string) => Promise<Direction | undefined>;
}

/**
 * Asks by the model in use. While one takes over from another, what a caller may see decides which of them answers: the former,
 * until each of those passages has a vector of the new one. So it switches at once, and what is hidden has no say in it.
 */
export const understood = async ({ ask, direction, former }: Understanding): Promise<Exclude<Confirmed, AnswerTo<'former'>>> => {
  const first = await ask(direction ? { meaning: direction } : { settled: true });
  if (first.kind !== 'former') return first;
  const meaning = (await former(first.fingerprint)) ?? direction;
  const second = await ask({ ...(meaning && { meaning }), settled: true });
  if (second.kind === 'former') throw new Error('a settled question is asked again');
  return second;
};

import type { LiveNeed, LiveWord } from '../core/live.ts';
import type { Answer, AnswerTo, Heard, Unheard } from './question.ts';

export interface Confirming {
  /** Asks the index, with what was heard so far. */
  readonly ask: (heard: Heard) => Promise<Answer>;
  /** Asks sources; absent: none can be asked. */
  readonly live?: (needs: readonly LiveNeed[]) => Promise<readonly LiveWord[]>;
  /** However fresh what is stored is. */
  readonly forced?: boolean;
}

/**
 * Whom to ask about in each round: first what is to be shown; then what takes the place of the refused; then all that is left, so that
 * an answer says truly whether there is more; then nobody.
 */
const ROUNDS: readonly Unheard[] = ['shown', 'shown', 'ranked', 'none'];

/**
 * An answer of one transaction that begins after the last source has spoken: what a source refused is as if it were not there,
 * and a revocation that was committed meanwhile counts.
 */
export const confirmed = async ({ ask, live, forced = false }: Confirming): Promise<Exclude<Answer, AnswerTo<'pending'>>> => {
  const words: LiveWord[] = [];
  for (const unheard of live ? ROUNDS : (['none'] as const)) {
    const answer = await ask({ words, unheard, forced });
    if (answer.kind !== 'pending') return answer;
    if (live) words.push(...(await live(answer.needs)));
  }
  throw new Error('an answer that may ask no source waits for one');
};

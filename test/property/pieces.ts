import { anEmbedder } from '../support/an-embedder.ts';
import type { Corners } from './corners.ts';
import { compareMovingTwins } from './moving-twins.ts';
import { startOtherProcess } from './other-process.ts';
import { overHttp } from './over-http.ts';
import { type Difference, onThePath } from './twin-answers.ts';
import { compareTwins } from './twins.ts';
import { playWorld } from './worlds.ts';

/** Worlds this short still reach every corner; more seeds find more than longer worlds. */
export const WORLD_STEPS = 6;

/** How much there is to play, from which seed on, and which part of it. */
export interface Asked {
  readonly worlds: number;
  readonly twins: number;
  readonly moving: number;
  readonly seed: number;
  readonly share: number;
  readonly of: number;
  readonly corners: Corners;
}

/** What was played so far, and what of it went wrong. */
export interface Played {
  readonly worlds: number;
  readonly twins: number;
  readonly moving: number;
  readonly questions: number;
  readonly failures: readonly string[];
}

/** Plays one share piece by piece, the twins first: there are fewer of them. Some runs of its worlds are written by a second process. */
export async function* pieces({ worlds, twins, moving, seed, share, of, corners }: Asked): AsyncGenerator<Played> {
  let played: Played = { worlds: 0, twins: 0, moving: 0, questions: 0, failures: [] };
  const failed = (...failures: readonly (string | undefined)[]): Pick<Played, 'failures'> => ({
    failures: [...played.failures, ...failures.filter((failure) => failure !== undefined)],
  });
  for (let at = seed + share; at < seed + twins; at += of) {
    const { difference, asked } = await compareTwins(at, {
      ...(at % 2 === 0 && { embedder: anEmbedder() }),
      skin: at % 4 < 2 ? overHttp : onThePath,
    });
    yield (played = {
      ...played,
      ...failed(difference && `twins ${shownAs(difference)}`),
      twins: played.twins + 1,
      questions: played.questions + asked,
    });
  }
  for (let at = seed + share; at < seed + moving; at += of) {
    const { difference, asked } = await compareMovingTwins(at, at % 2 === 0 ? anEmbedder() : undefined);
    yield (played = {
      ...played,
      ...failed(difference && `moving twins ${shownAs(difference)}`),
      moving: played.moving + 1,
      questions: played.questions + asked,
    });
  }
  const other = startOtherProcess();
  try {
    for (let at = seed + share; at < seed + worlds; at += of) {
      const wrong = await playWorld(at, { steps: WORLD_STEPS, corners, other });
      yield (played = {
        ...played,
        ...failed(wrong && `world ${wrong.seed}, step ${wrong.step}, ${wrong.what}`),
        worlds: played.worlds + 1,
      });
    }
  } finally {
    await other.end();
  }
}

const shownAs = ({ seed, asked, without, with: full }: Difference): string =>
  `${seed}, ${asked}\n  without: ${without}\n  with:    ${full}`;

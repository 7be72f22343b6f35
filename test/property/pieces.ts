import type { Embedder } from '../../src/core/embedder.ts';
import { openLocalEmbedder, whyNoModel } from '../../src/embed/local.ts';
import { anEmbedder } from '../support/an-embedder.ts';
import type { Corners } from './corners.ts';
import { compareMovingTwins } from './moving-twins.ts';
import { startOtherProcess } from './other-process.ts';
import { onTheCommandLine } from './on-the-command-line.ts';
import { overHttp } from './over-http.ts';
import { overStdio } from './over-stdio.ts';
import { type Difference, onThePath, type Skin } from './twin-answers.ts';
import { compareTwins } from './twins.ts';
import { playWorld } from './worlds.ts';

/** Worlds this short still reach every corner; more seeds find more than longer worlds. */
export const WORLD_STEPS = 5;

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
    const { difference, asked } = await compareTwins(at, await asSeedSays(at));
    yield (played = {
      ...played,
      ...failed(difference && `twins ${shownAs(difference)}`),
      twins: played.twins + 1,
      questions: played.questions + asked,
    });
  }
  for (let at = seed + share; at < seed + moving; at += of) {
    const { difference, asked } = await compareMovingTwins(at, await asSeedSays(at));
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

const SKINS = [onThePath, overHttp, overStdio, onTheCommandLine] as const;
/** One pair in so many is embedded by the real model, where it runs on this machine. */
const REAL_MODEL_IN = 25;

/** Each skin comes with and without meaning, in turn. */
const asSeedSays = async (seed: number): Promise<{ readonly embedder?: Embedder; readonly skin: Skin }> => {
  const skin = SKINS[seed % SKINS.length] ?? onThePath;
  if (seed % REAL_MODEL_IN === 0 && !(await whyNoModel())) return { skin, embedder: await realModel() };
  return { skin, ...(Math.floor(seed / SKINS.length) % 2 === 0 && { embedder: anEmbedder() }) };
};

let model: Promise<Embedder> | undefined;
const realModel = (): Promise<Embedder> => (model ??= openLocalEmbedder());

const shownAs = ({ seed, asked, without, with: full }: Difference): string =>
  `${seed}, ${asked}\n  without: ${without}\n  with:    ${full}`;

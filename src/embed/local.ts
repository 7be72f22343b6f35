import { Tokenizer } from '@huggingface/tokenizers';
import type * as Onnx from 'onnxruntime-node';

import type { Embedder } from '../core/embedder.ts';
import { AppError } from '../core/errors.ts';
import { MODEL_FILES, modelFolder, readModelFile } from './model-files.ts';

/** What the model was trained to read; a longer text is cut, ends included. */
const TOKENS = 256;
/** No text that fills the window is longer, except one of blanks; the bound keeps the tokeniser from reading a book. */
const CHARACTERS = 16_384;
const DIMENSIONS = 384;
/** More threads than this do not make one short text faster, and take the cores from everybody else. */
const THREADS = 2;
/** Another number whenever the same text would get another vector. */
const PIPELINE = 1;

export interface LocalEmbedderOptions {
  /** Where the model's files are; those that came with the package unless said otherwise. */
  readonly folder?: string;
  /** What computes. */
  readonly runtime?: Runtime;
}

type Runtime = () => Promise<Pick<typeof Onnx, 'InferenceSession' | 'Tensor'>>;
const installed: Runtime = () => import('onnxruntime-node');

/** Why the embedded model cannot run on this machine, if it cannot. */
export const whyNoModel = (runtime: Runtime = installed): Promise<AppError | undefined> =>
  runtime().then(() => undefined, absent);

/** The name of what this model makes of a text, as it stands beside every vector. */
export const LOCAL_FINGERPRINT = `all-MiniLM-L6-v2/${MODEL_FILES.weights.sha256.slice(0, 16)}/${PIPELINE}`;

/** Opens the embedded model (all-MiniLM-L6-v2, 8 bit): it needs no key and no network. */
export const openLocalEmbedder = async ({
  folder = modelFolder(),
  runtime = installed,
}: LocalEmbedderOptions = {}): Promise<Embedder> => {
  const { InferenceSession, Tensor } = await runtime().catch(refuse);
  const [weights, tokenizerFile, configFile] = await Promise.all([
    readModelFile(folder, 'weights'),
    readModelFile(folder, 'tokenizer'),
    readModelFile(folder, 'tokenizerConfig'),
  ]);
  const tokenizer = new Tokenizer(JSON.parse(tokenizerFile.toString('utf8')), JSON.parse(configFile.toString('utf8')));
  const session = await InferenceSession.create(weights, SESSION);

  return {
    fingerprint: LOCAL_FINGERPRINT,
    dimensions: DIMENSIONS,
    embed: async (text) => {
      const ids = cut(tokenizer.encode(text.slice(0, CHARACTERS)).ids);
      const shape = [1, ids.length];
      const { last_hidden_state: output } = await session.run({
        input_ids: new Tensor('int64', BigInt64Array.from(ids, BigInt), shape),
        attention_mask: new Tensor('int64', new BigInt64Array(ids.length).fill(1n), shape),
        token_type_ids: new Tensor('int64', new BigInt64Array(ids.length), shape),
      });
      if (!(output?.data instanceof Float32Array)) throw new Error('the model gave no last_hidden_state');
      return unit(mean(output.data, ids.length));
    },
    close: () => session.release(),
  };
};

const SESSION: Onnx.InferenceSession.SessionOptions = {
  intraOpNumThreads: THREADS,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  logSeverityLevel: 3,
  // A thread that waits for the next text must sleep, not burn its core.
  extra: { session: { intra_op: { allow_spinning: '0' } } },
};

/** It is an optional dependency: an index without it is searched by words. */
const absent = (cause: unknown): AppError =>
  new AppError(
    'unavailable',
    'Texts cannot be embedded: onnxruntime-node is not installed. Install it with: ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node',
    { cause },
  );

const refuse = (cause: unknown): never => {
  throw absent(cause);
};

/** Cuts a text's tokens to the window and keeps its closing mark, which the model expects. */
const cut = (ids: readonly number[]): readonly number[] => {
  const last = ids.at(-1);
  return ids.length <= TOKENS || last === undefined ? ids : [...ids.slice(0, TOKENS - 1), last];
};

/** The mean over all tokens. One text a call means no padding, so the attention mask is all ones. */
const mean = (states: Float32Array, tokens: number): Float32Array => {
  const sum = new Float32Array(DIMENSIONS);
  for (let at = 0; at < tokens * DIMENSIONS; at++) {
    const place = at % DIMENSIONS;
    sum[place] = (sum[place] ?? 0) + (states[at] ?? 0);
  }
  return sum.map((value) => value / tokens);
};

const unit = (vector: Float32Array): Float32Array => {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
};

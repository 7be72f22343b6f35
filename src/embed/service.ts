import { z } from 'zod';

import type { Fetch } from '../core/connector.ts';
import type { Embedder } from '../core/embedder.ts';
import { AppError } from '../core/errors.ts';
import { PROBE, type Probes } from './probe.ts';

/** What such a service reads of a text, in characters: in any script a part of the 8,191 tokens that OpenAI's models take, or nearly. */
const CHARACTERS = 8_000;
/** A text that is refused is halved; a shorter one was not refused for its length. */
const SHORT = 100;

export interface ServiceEmbedderOptions {
  /** Signed in, and governed. */
  readonly fetch: Fetch;
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly model: string;
  /** How many numbers a vector has. */
  readonly dimensions: number;
  /** The service is asked for just so many. */
  readonly shortens: boolean;
  /** Tells this model from another of the same name. */
  readonly version?: string;
  /** By which it is known again. */
  readonly probes: Probes;
}

/** The name of what this model of this service makes of a text, as it stands beside every vector. */
export const serviceFingerprint = ({
  baseUrl,
  model,
  dimensions,
  version,
}: Pick<ServiceEmbedderOptions, 'baseUrl' | 'model' | 'dimensions' | 'version'>): string =>
  `${baseUrl}/${model}/${dimensions}${version === undefined ? '' : `#${version}`}`;

/**
 * A service that speaks the embeddings call of OpenAI (POST <base>/embeddings). Texts are sent in one call as they come; one that
 * is refused is sent alone, and cut. What it makes of the probe is compared once, and again whenever its replies name another model.
 * Rejects with `source_changed` for a reply that is none and for a model that is another, and with what `fetch` rejects with.
 */
export const openServiceEmbedder = (options: ServiceEmbedderOptions): Embedder => {
  const { fetch, baseUrl, model, dimensions, shortens, probes } = options;
  const fingerprint = serviceFingerprint(options);
  /** As its replies name the model that was compared. */
  let proven: { readonly named: string | undefined } | undefined;

  const ask = async (input: readonly string[], signal?: AbortSignal): Promise<Answered | 'refused'> => {
    const response = await fetch(`${baseUrl}/embeddings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model, input, encoding_format: 'float', ...(shortens && { dimensions }) }),
      ...(signal && { signal }),
    });
    if (response.status === 400 || response.status === 413) {
      await response.body?.cancel();
      return 'refused';
    }
    if (!response.ok) {
      await response.body?.cancel();
      throw new AppError('source_changed', unexpected(`${response.status} to POST embeddings of ${model}`));
    }
    return vectorsOf(await response.json().catch(unlessCutOff), { count: input.length, dimensions, model });
  };

  const prove = async (signal: AbortSignal | undefined): Promise<void> => {
    const answered = await ask([PROBE], signal);
    const [vector] = answered === 'refused' ? [] : answered.vectors;
    if (!vector) throw new AppError('source_changed', unexpected(`a refusal of a short text by ${model}`));
    if (!(await probes.isSame(fingerprint, vector))) throw another(model);
    proven = { named: answered === 'refused' ? undefined : answered.named };
  };

  /** Vectors of another model than those that are stored never leave here. */
  const post = async (input: readonly string[], signal?: AbortSignal): Promise<readonly Float32Array[] | 'refused'> => {
    const answered = await ask(input, signal);
    if (answered === 'refused') return 'refused';
    if (!proven || proven.named !== answered.named) await prove(signal);
    return answered.vectors;
  };

  const one = async (text: string, signal?: AbortSignal): Promise<Float32Array> => {
    for (let given = text; ; given = given.slice(0, given.length / 2)) {
      const answered = await post([given], signal);
      if (answered !== 'refused') return answered[0] ?? new Float32Array();
      if (given.length > SHORT) continue;
      throw new AppError('source_changed', unexpected(`a refusal of a short text by ${model}`));
    }
  };

  return {
    fingerprint,
    dimensions,
    embed: async (text) => one(readable(text)),
    embedAll: async (texts, signal) => {
      const given = texts.map(readable);
      const answered = await post(given, signal);
      if (answered !== 'refused') return answered;
      const vectors: Float32Array[] = [];
      for (const text of given) vectors.push(await one(text, signal));
      return vectors;
    },
    close: async () => undefined,
  };
};

/** Empty texts are refused, and a half of a pair of surrogates cannot be sent. */
const readable = (text: string): string => text.slice(0, CHARACTERS).toWellFormed() || ' ';

/** What is no JSON is no reply; what broke off, or was stopped, is not the service's doing. */
const unlessCutOff = (error: unknown): undefined => {
  if (!(error instanceof SyntaxError)) throw error;
};

interface Answered {
  readonly vectors: readonly Float32Array[];
  /** As the reply calls the model. */
  readonly named: string | undefined;
}

const replySchema = z.object({
  model: z.string().optional().catch(undefined),
  data: z.array(z.object({ index: z.number().int().min(0), embedding: z.array(z.number()) })),
});

interface Expected {
  readonly count: number;
  readonly dimensions: number;
  readonly model: string;
}

/** In the order of the texts, each of length 1. */
const vectorsOf = (reply: unknown, { count, dimensions, model }: Expected): Answered => {
  const parsed = replySchema.safeParse(reply);
  if (!parsed.success) throw new AppError('source_changed', unexpected(`something else than vectors for ${model}`));
  const byIndex = new Map(parsed.data.data.map(({ index, embedding }) => [index, embedding]));
  const vectors = Array.from({ length: count }, (_, index) => {
    const numbers = byIndex.get(index);
    if (!numbers) throw new AppError('source_changed', unexpected(`fewer vectors than texts for ${model}`));
    if (numbers.length !== dimensions) {
      throw new AppError('config', `${model} gives vectors of ${numbers.length} numbers. Write that: embedding.dimensions`);
    }
    const length = Math.hypot(...numbers);
    if (!(length > 0 && Number.isFinite(length))) {
      throw new AppError('source_changed', unexpected(`a vector without a direction for ${model}`));
    }
    return Float32Array.from(numbers, (value) => value / length);
  });
  return { vectors, named: parsed.data.model };
};

const another = (model: string): AppError =>
  new AppError(
    'source_changed',
    `The embedding service now has another model behind the name ${model}. Have it serve the former one, or have all embedded anew by a word that is new: embedding.version`,
  );

const unexpected = (what: string): string =>
  `The embedding service gave ${what}. What waits is found by words; look at embedding in the configuration.`;

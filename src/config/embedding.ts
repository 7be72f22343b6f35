import { z } from 'zod';

import { type Secret, secret } from '../core/secret.ts';

const OPENAI = 'https://api.openai.com/v1';
const TEXT_MAX = 200;
const DIMENSIONS_MAX = 8192;

/** Models of OpenAI: how many numbers a vector has unless fewer are asked for, and US dollars per million tokens (its price list of November 2026). */
const KNOWN: Readonly<Record<string, { readonly dimensions: number; readonly price: number; readonly shortens: boolean }>> = {
  'text-embedding-3-small': { dimensions: 1536, price: 0.02, shortens: true },
  'text-embedding-3-large': { dimensions: 3072, price: 0.13, shortens: true },
  'text-embedding-ada-002': { dimensions: 1536, price: 0.1, shortens: false },
};
const DEFAULT_MODEL = 'text-embedding-3-small';

/** A service that speaks the embeddings call of OpenAI. */
export interface ServiceEmbedding {
  readonly provider: 'openai';
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly key?: Secret;
  readonly model: string;
  /** How many numbers a vector has. */
  readonly dimensions: number;
  /** The service is asked for just so many; others give what they give. */
  readonly shortens: boolean;
  /** Tells the model from another of the same name. */
  readonly version?: string;
  /** US dollars per million tokens, where it is known. */
  readonly price?: number;
  readonly privateNetwork: boolean;
}

export type OneEmbedding = { readonly provider: 'local' } | { readonly provider: 'none' } | ServiceEmbedding;
/** What makes vectors, and what made those that are still there while others are made. */
export type EmbeddingConfig = OneEmbedding & { readonly previous?: OneEmbedding };

const baseUrl = z.string().transform((written, context) => {
  const url = /^https?:\/\/[^\s@?#]+$/u.test(written) ? URL.parse(written) : null;
  if (url) return url.href.replace(/\/+$/u, '');
  context.addIssue({ code: 'custom', message: `must be an address without a question mark, such as ${OPENAI}` });
  return z.NEVER;
});

const settings = z.strictObject({
  provider: z.enum(['local', 'none', 'openai']),
  base_url: baseUrl.optional(),
  key: secret().optional(),
  model: z.string().min(1).max(TEXT_MAX).optional(),
  dimensions: z.number().int().min(1).max(DIMENSIONS_MAX).optional(),
  version: z.union([z.string().min(1).max(TEXT_MAX), z.number().transform(String)]).optional(),
  price: z.number().min(0).max(1000).optional(),
  private_network: z.boolean().optional(),
});
type Settings = z.infer<typeof settings>;

/** Says what is wrong with one of the settings. */
type Complain = (setting: keyof Settings, message: string) => void;

/** `embedding:` of the configuration. */
export const embeddingSchema = settings
  .extend({ previous: settings.optional() })
  .transform(({ previous, ...current }, context): EmbeddingConfig => {
    const complainAt =
      (path: readonly string[]): Complain =>
      (setting, message) =>
        context.addIssue({ code: 'custom', path: [...path, setting], message });
    const now = oneOf(current, complainAt([]));
    const before = previous && oneOf(previous, complainAt(['previous']));
    return now ? { ...now, ...(before && { previous: before }) } : z.NEVER;
  });

const oneOf = ({ provider, ...service }: Settings, complain: Complain): OneEmbedding | undefined => {
  if (provider === 'openai') return serviceOf({ provider, ...service }, complain);
  const [stray] = Object.keys(service).filter(isSetting);
  if (stray === undefined) return { provider };
  complain(stray, 'belongs to provider: openai');
  return undefined;
};

const isSetting = (key: string): key is keyof Settings => Object.hasOwn(settings.shape, key);

const serviceOf = (written: Settings, complain: Complain): ServiceEmbedding | undefined => {
  const { base_url: url = OPENAI, key, model = DEFAULT_MODEL, version, price, private_network: privateNetwork = false } = written;
  const known = url === OPENAI ? KNOWN[model] : undefined;
  const dimensions = written.dimensions ?? known?.dimensions;
  if (url === OPENAI && !key) {
    complain('key', 'is missing: write ${OPENAI_API_KEY} there, and set that in the environment');
  } else if (url.startsWith('http:') && !privateNetwork) {
    complain('base_url', 'must begin with https:// unless private_network is true');
  } else if (dimensions === undefined) {
    complain('dimensions', `is missing: how many numbers a vector of ${model} has`);
  } else if (known && (dimensions > known.dimensions || (!known.shortens && dimensions < known.dimensions))) {
    complain('dimensions', `must be ${known.shortens ? 'at most ' : ''}${known.dimensions} for ${model}`);
  } else {
    const dollars = price ?? known?.price;
    return {
      provider: 'openai',
      baseUrl: url,
      ...(key && { key }),
      model,
      dimensions,
      shortens: known !== undefined && dimensions < known.dimensions,
      ...(version !== undefined && { version }),
      ...(dollars !== undefined && { price: dollars }),
      privateNetwork,
    };
  }
  return undefined;
};

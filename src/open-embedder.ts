import type { EmbeddingConfig, OneEmbedding, ServiceEmbedding } from './config/embedding.ts';
import type { Embedder } from './core/embedder.ts';
import type { AppError } from './core/errors.ts';
import { LOCAL_FINGERPRINT, whyNoModel } from './embed/local.ts';
import type { Probes } from './embed/probe.ts';
import { openServiceEmbedder, serviceFingerprint } from './embed/service.ts';
import { openLocalEmbedderThread } from './embed/thread.ts';
import type { Outgoing } from './sources/outgoing.ts';

/** One model that can be opened. */
export interface OpenableModel {
  readonly fingerprint: string;
  readonly open: () => Promise<Embedder>;
  /** Why it cannot run on this machine, if it cannot. */
  readonly unable: () => Promise<AppError | undefined>;
  /** Where texts are sent to, and what a million tokens cost there in US dollars, where that is known. */
  readonly sends?: { readonly host: string; readonly model: string; readonly price?: number };
}

/** The model in use, if there is one. */
export const modelOf = (embedding: OneEmbedding, outgoing: Outgoing, probes: Probes): OpenableModel | undefined => {
  switch (embedding.provider) {
    case 'none':
      return undefined;
    case 'local':
      return { fingerprint: LOCAL_FINGERPRINT, open: openLocalEmbedderThread, unable: () => whyNoModel() };
    default:
      return serviceModel(embedding, outgoing, probes);
  }
};

/** One whose vectors may still be there: what is configured as the previous one, and the one that needs no configuration. */
export const formerModel = (
  { previous }: EmbeddingConfig,
  outgoing: Outgoing,
  probes: Probes,
): ((fingerprint: string) => (() => Promise<Embedder>) | undefined) => {
  const known = [modelOf({ provider: 'local' }, outgoing, probes), previous && modelOf(previous, outgoing, probes)];
  return (fingerprint) => known.find((model) => model?.fingerprint === fingerprint)?.open;
};

const serviceModel = (embedding: ServiceEmbedding, outgoing: Outgoing, probes: Probes): OpenableModel => {
  const { baseUrl, key, model, price, privateNetwork } = embedding;
  const { host, pathname } = new URL(baseUrl);
  const fetch = outgoing.fetchFor({
    name: 'the embedding service',
    hosts: [host],
    operations: [{ name: 'embed', access: 'read', calls: [`POST ${pathname === '/' ? '' : pathname}/embeddings`] }],
    writes: false,
    privateNetwork,
    rate: RATE,
    repeats: true,
    again: 'castellan sync',
    authorise: {
      headers: async ({ refused }) => {
        if (refused) return undefined;
        return key ? { authorization: `Bearer ${key.reveal()}` } : {};
      },
      remedy: key ? RENEW : GIVE,
    },
  });
  return {
    fingerprint: serviceFingerprint(embedding),
    open: async () => openServiceEmbedder({ ...embedding, fetch, probes }),
    unable: async () => undefined,
    sends: { host, model, ...(price !== undefined && { price }) },
  };
};

/** It limits by tokens, and says so. */
const RATE = { perSecond: 0, concurrent: 8 } as const;

const RENEW = 'Set the variable of embedding.key to a key that is valid.';
const GIVE = 'It wants a key: write embedding.key as ${NAME}, and set that in the environment.';

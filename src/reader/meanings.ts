import type { Embedder } from '../core/embedder.ts';
import type { Asking } from '../thread/turns.ts';
import { type Meaning, openMeaning } from './meaning.ts';
import type { Direction } from './question.ts';

/** The model in use, and those before it whose vectors still serve. */
export interface Meanings {
  /** By the model in use. */
  of(text: string, asking: Asking): Promise<Direction | undefined>;
  /** By a model before it. */
  former(fingerprint: string, text: string, asking: Asking): Promise<Direction | undefined>;
  /** Of the model in use. Those before it have no say here: which of them were opened depends on what others asked. */
  fingerprint(): Promise<string | undefined>;
  close(): Promise<void>;
}

export interface MeaningsOptions {
  /** Without one there are only words. */
  readonly embedder?: () => Promise<Embedder>;
  /** Opens a model that was in use before; undefined where it is none that can be opened. */
  readonly formerEmbedder?: (fingerprint: string) => (() => Promise<Embedder>) | undefined;
  readonly now: () => number;
}

/** Opens the model in use at once, and each of those before it when it is first needed. */
export const openMeanings = ({ embedder, formerEmbedder, now }: MeaningsOptions): Meanings => {
  const current = embedder && openMeaning({ open: embedder, now });
  const formers = new Map<string, Meaning>();
  const formerOf = (fingerprint: string): Meaning | undefined => {
    const known = formers.get(fingerprint);
    if (known) return known;
    const open = formerEmbedder?.(fingerprint);
    if (!open) return undefined;
    const meaning = openMeaning({ open, now });
    formers.set(fingerprint, meaning);
    return meaning;
  };
  return {
    of: async (text, asking) => current?.of(text, asking),
    former: async (fingerprint, text, asking) => formerOf(fingerprint)?.of(text, asking),
    fingerprint: async () => current?.fingerprint(),
    close: async () => {
      await Promise.all([...(current ? [current] : []), ...formers.values()].map((meaning) => meaning.close()));
    },
  };
};

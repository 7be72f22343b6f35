import { createHash } from 'node:crypto';

import type { Embedder } from '../../src/core/embedder.ts';
import { termsOf } from '../../src/store/terms.ts';

const DIMENSIONS = 64;

/** Embeds without a model: texts that share words point the same way, and the same text always gets the same vector. */
export const anEmbedder = ({ fingerprint = 'words/1' }: { fingerprint?: string } = {}): Embedder & {
  readonly asked: readonly string[];
} => {
  const asked: string[] = [];
  return {
    fingerprint,
    dimensions: DIMENSIONS,
    asked,
    embed: async (text) => {
      asked.push(text);
      const vector = new Float32Array(DIMENSIONS);
      vector[0] = 0.01; // a text without words has a direction too
      for (const term of termsOf(text)) {
        const place = createHash('sha256').update(term).digest().readUInt32LE(0) % DIMENSIONS;
        vector[place] = (vector[place] ?? 0) + 1;
      }
      const length = Math.hypot(...vector);
      return vector.map((value) => value / length);
    },
    close: async () => undefined,
  };
};

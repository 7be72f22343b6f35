import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import { AppError } from '../core/errors.ts';

/** What every model is asked to embed, to be known again by. Another text would make every model look new. */
export const PROBE = 'The pump in the cellar lost pressure at noon, and everybody went home early.';
/** One model on other hardware, or among other texts, differs by less than a thousandth; another model by far more. */
const ALIKE = 0.99;

/** What a model made of the probe when it was first asked. */
export interface Probes {
  /** Whether this is what the model of this name made of it then; the first is kept. Rejects with `unavailable` where that cannot be read. */
  isSame(fingerprint: string, vector: Float32Array): Promise<boolean>;
}

const kept = z.object({ fingerprint: z.string(), vector: z.array(z.number()) });

/** One file a model in a folder, which is made where it is needed. `looksOnly`: keeps nothing. */
export const openProbes = (folder: string, { looksOnly = false }: { readonly looksOnly?: boolean } = {}): Probes => ({
  isSame: async (fingerprint, vector) => {
    const path = join(folder, `${createHash('sha256').update(fingerprint).digest('hex')}.json`);
    const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return undefined;
      throw new AppError(
        'unavailable',
        `${folder} cannot be read, so nobody can say whether the embedding model is still the same.`,
        {
          cause,
        },
      );
    });
    const known = text === undefined ? undefined : kept.safeParse(jsonOf(text)).data;
    if (known) return cosine(known.vector, vector) >= ALIKE;
    if (!looksOnly) await keep(folder, path, { fingerprint, vector: [...vector] });
    return true;
  },
});

/** Replaced as a whole. Where it cannot be written, the next to be asked is the first. */
const keep = async (folder: string, path: string, probe: z.infer<typeof kept>): Promise<void> => {
  const draft = `${path}.${randomUUID()}`;
  try {
    await mkdir(folder, { mode: 0o700, recursive: true });
    await writeFile(draft, JSON.stringify(probe), { mode: 0o600 });
    await rename(draft, path);
  } catch {
    await rm(draft, { force: true }).catch(() => undefined);
  }
};

/** Of two unit vectors; 0 where they are not of one length. */
const cosine = (a: readonly number[], b: Float32Array): number =>
  a.length === b.length ? a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0) : 0;

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // half a file knows no model
  }
};

import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { COMPANY } from '../support/company.ts';

/** A copy of the made-up company, its configuration, and the data folder it is synced to. */
export interface Place {
  readonly folder: string;
  readonly config: string;
  readonly data: string;
  readonly index: string;
}

export type Provider = 'local' | 'none';

/** Copies the company to a folder. */
export const companyIn = async (folder: string, provider: Provider): Promise<Place> => {
  await cp(COMPANY, folder, { recursive: true });
  await rewrite(join(folder, 'castellan.yaml'), 'embedding: { provider: local }', `embedding: { provider: ${provider} }`);
  return placeIn(folder);
};

/** Copies a company, changes and data folder included. Times stay, as the index knows them. */
export const copyOf = async ({ folder }: Place, to: string): Promise<Place> => {
  await cp(folder, to, { recursive: true, preserveTimestamps: true });
  return placeIn(to);
};

const placeIn = (folder: string): Place => ({
  folder,
  config: join(folder, 'castellan.yaml'),
  data: join(folder, '.castellan'),
  index: join(folder, '.castellan', 'index.db'),
});

/** Replaces a text that stands exactly once in a file: one that is gone would change nothing, unnoticed. */
export const rewrite = async (path: string, old: string, now: string): Promise<void> => {
  const whole = await readFile(path, 'utf8');
  if (whole.split(old).length !== 2) throw new Error(`${path} does not hold "${old}" once`);
  await writeFile(
    path,
    whole.replace(old, () => now),
  );
};

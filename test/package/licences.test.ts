import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';

import { ROOT } from '../support/source-tree.ts';

/** Licences whose parts may travel with a product under Apache-2.0. One that is not here is read before it is added. */
const COMPATIBLE = [
  'Apache-2.0',
  'MIT',
  'ISC',
  'Zlib',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'Python-2.0',
  'Unlicense',
];
/** What their packages call them, where that is no name of a licence. */
const SAID_OTHERWISE: Readonly<Record<string, string>> = { 'MIT OR Apache': 'MIT OR Apache-2.0' };

const licenceSchema = z.union([
  z.object({ license: z.object({ id: z.string() }) }).transform(({ license }) => license.id),
  z.object({ license: z.object({ name: z.string() }) }).transform(({ license }) => license.name),
  z.object({ expression: z.string() }).transform(({ expression }) => expression),
]);
const sbomSchema = z.looseObject({
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.string(),
  metadata: z.looseObject({ component: z.looseObject({ name: z.string(), version: z.string() }) }),
  components: z.array(
    z.looseObject({ name: z.string(), version: z.string().optional(), licenses: z.array(licenceSchema).default([]) }),
  ),
});
const lockSchema = z.looseObject({
  packages: z.record(z.string(), z.looseObject({ dev: z.boolean().optional(), resolved: z.string().optional() })),
});

/** One of several is enough where a package lets its user choose. */
const isCompatible = (licence: string): boolean =>
  (SAID_OTHERWISE[licence] ?? licence)
    .replaceAll(/[()]/gu, '')
    .split(' OR ')
    .some((each) => each.split(' AND ').every((one) => COMPATIBLE.includes(one)));

const lock = lockSchema.parse(JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')));
let sbom: z.infer<typeof sbomSchema>;

beforeAll(() => {
  const { stdout } = spawnSync('npm', ['run', '--silent', 'sbom'], { cwd: ROOT, encoding: 'utf8' });
  sbom = sbomSchema.parse(JSON.parse(stdout));
});

describe('the bill of materials', () => {
  test('names every package a user gets, and none of those it is made with', () => {
    const product = Object.entries(lock.packages).filter(([path, { dev }]) => path !== '' && dev !== true);
    const names = product.map(([path]) => path.replace(/^.*node_modules\//u, ''));
    expect(names).toEqual(expect.arrayContaining(['zod', 'yaml', 'onnxruntime-node', '@modelcontextprotocol/server']));
    expect(sbom.components.map(({ name }) => name).toSorted()).toEqual([...names, 'all-MiniLM-L6-v2'].toSorted());
  });

  test('is that of this product', () => {
    expect(sbom.metadata.component).toMatchObject({ name: 'castellan', version: '0.1.0' });
  });

  test('names a licence for everything, and each may travel with this one', () => {
    const foreign = sbom.components.filter(({ licenses }) => licenses.length === 0 || !licenses.every(isCompatible));
    expect(foreign.map(({ name, licenses }) => `${name}: ${licenses.join(', ')}`)).toEqual([]);
  });
});

test.each([
  ['MIT', true],
  ['(MIT OR GPL-3.0-only)', true],
  ['(MIT AND GPL-3.0-only)', false],
  ['GPL-3.0-only', false],
  ['SEE LICENSE IN license.txt', false],
  ['', false],
])('the licence "%s" may travel: %s', (licence, expected) => {
  expect(isCompatible(licence)).toBe(expected);
});

test('the lock file names no host from which a package must come', () => {
  const named = Object.entries(lock.packages).filter(([, { resolved }]) => resolved !== undefined);
  expect(named.map(([path]) => path)).toEqual([]);
});

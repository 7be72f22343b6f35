import { join } from 'node:path';

import { configDefaults, defineConfig } from 'vitest/config';
import type { InlineConfig } from 'vitest/node';

const major = Number(process.versions.node.split('.')[0]);
// If npm was told not to run install scripts, the `node` package is empty and the host's Node would run the tests unnoticed.
if (major < 24) throw new Error(`Tests run on Node 24, this is ${process.version}. Run them with: npm test`);

// `.ci/run` reads its closing line from this folder. Taken out, so that a run which a test starts does not write into it.
const reports = process.env['CASTELLAN_TEST_REPORTS'];
delete process.env['CASTELLAN_TEST_REPORTS'];

/** What takes minutes, because it starts other people's programs or installs packages: `npm run test:outside`. */
export const OUTSIDE = ['test/clients/**/*.test.ts', 'test/conformance/**/*.test.ts', 'test/package/**/*.test.ts'];

/** How a run is told, and under which name in that folder. */
export const reportersFor = (run: 'inside' | 'outside'): NonNullable<InlineConfig['reporters']> =>
  reports === undefined ? ['default'] : ['default', ['json', { outputFile: join(reports, `${run}.json`) }]];

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...OUTSIDE],
    pool: 'forks',
    // All cores: what most tests wait for is a process that starts, and the one core that is left free by itself would idle.
    maxWorkers: '100%',
    // Generous: a busy machine is slow, and a test that hangs is stopped all the same.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: reportersFor('inside'),
  },
});

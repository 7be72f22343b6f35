import { defineConfig } from 'vitest/config';

const major = Number(process.versions.node.split('.')[0]);
// If npm was told not to run install scripts, the `node` package is empty and the host's Node would run the tests unnoticed.
if (major < 24) throw new Error(`Tests run on Node 24, this is ${process.version}. Run them with: npm test`);

// `.ci/run` reads its closing line from this report. Taken out, so that a run which a test starts does not write over it.
const report = process.env['CASTELLAN_TEST_REPORT'];
delete process.env['CASTELLAN_TEST_REPORT'];

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 20_000,
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
  },
});

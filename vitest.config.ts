import { defineConfig } from 'vitest/config';

const major = Number(process.versions.node.split('.')[0]);
// If npm was told not to run install scripts, the `node` package is empty and the host's Node would run the tests unnoticed.
if (major < 24) throw new Error(`Tests run on Node 24, this is ${process.version}. Run them with: npm test`);

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 20_000,
    // `.ci/run` reads its closing line from the report.
    reporters: process.env['CI']
      ? ['default', ['json', { outputFile: 'node_modules/.cache/castellan/tests.json' }]]
      : ['default'],
  },
});

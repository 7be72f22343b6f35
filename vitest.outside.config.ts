import { defineConfig } from 'vitest/config';

import { OUTSIDE, reportersFor } from './vitest.config.ts';

export default defineConfig({
  test: {
    include: OUTSIDE,
    pool: 'forks',
    fileParallelism: false, // each of them starts many processes by itself
    passWithNoTests: false,
    testTimeout: 120_000,
    hookTimeout: 300_000,
    reporters: reportersFor('outside'),
  },
});

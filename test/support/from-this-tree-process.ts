import { registerHooks } from 'node:module';

/** Loaded before a program that uses the package by its name: it gets what is compiled from this tree. */
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'castellan/openai'
      ? { url: new URL('../../src/openai/index.ts', import.meta.url).href, shortCircuit: true }
      : next(specifier, context),
});

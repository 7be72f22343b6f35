import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';

/** What an answer costs a model, counted in one go over its whole JSON: the measure that budgets are held against. */
export const tokensOf = (answer: unknown): number => countTokens(JSON.stringify(answer), { disallowedSpecial: new Set() });

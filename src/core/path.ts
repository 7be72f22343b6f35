import { AppError } from './errors.ts';

/**
 * The path of an address, as a template: path`/repos/${owner}/${repo}/issues`. Each value becomes one segment and nothing else,
 * so what a source or a caller named can neither leave its place nor add a query. Throws `invalid_input` for a segment that
 * an address would resolve away.
 */
export const path = (texts: TemplateStringsArray, ...values: readonly (string | number)[]): string =>
  texts.reduce((whole, text, index) => whole + segment(values[index - 1] ?? '') + text);

const segment = (value: string | number): string => {
  const text = String(value).toWellFormed();
  if (text === '' || text === '.' || text === '..') {
    throw new AppError('invalid_input', `"${text}" cannot stand in an address. Name what is really meant.`);
  }
  return encodeURIComponent(text);
};

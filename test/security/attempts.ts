import { canary, PLACES, WELCOME } from './canaries.ts';

/** One call of a tool. */
export interface Attempt {
  readonly tool: string;
  readonly input: unknown;
}

/** A word in other shapes: what a careless look-up might take for it. */
const shapesOf = (word: string): string[] => [
  word,
  `"${word.toUpperCase()}"`,
  `${word.slice(0, 8)}*`,
  word.slice(4),
  word.replace(/^./u, 'x'),
  word.replaceAll(/(?<=.)(?=.)/gu, '\u200b'),
];

/** Every way there is to search for a word. */
const searchesFor = (word: string): Attempt[] =>
  [
    ...shapesOf(word).map((query) => ({ query, limit: 50 })),
    { query: `spring title:${word} OR 1=1 --`, limit: 50 },
    { query: 'spring', types: [word, word.toUpperCase()] },
    { query: 'spring', sources: [word] },
    { where: [{ field: 'status', is: word }], limit: 50 },
    { query: 'spring', where: [{ field: word, is: word.toUpperCase() }] },
  ].map((input) => ({ tool: 'search', input }));

/** The same letters as a wide font has them. */
const wide = (word: string): string =>
  word.replaceAll(/[a-z]/gu, (letter) => String.fromCodePoint(0xfee0 + (letter.codePointAt(0) ?? 0)));

/** Every id that a word could be part of. */
const fetchesOf = (word: string): Attempt[] =>
  [
    `notes:${word}`,
    `${word}:plan`,
    `${word}:${word}`,
    `NOTES:${word}`,
    `notes:${word.toUpperCase()}`,
    `notes:${word}\u0000`,
    `notes:%${Buffer.from(word.slice(0, 1)).toString('hex')}${word.slice(1)}`,
    `notes:../${word}`,
    `notes:${wide(word)}`,
  ].map((id) => ({ tool: 'fetch', input: { id } }));

const FIXED: readonly Attempt[] = [
  { tool: 'list_sources', input: {} },
  ...['parts', 'org', 'dark', 'shut', 'sealed', 'revoked', 'deleted'].map((key) => ({
    tool: 'fetch',
    input: { id: `notes:${key}` },
  })),
  { tool: 'search', input: { query: 'spring', limit: 50 } },
  { tool: 'search', input: { query: 'spring', sources: ['people', 'notes'], limit: 50 } },
  { tool: 'search', input: { query: 'spring', updated_after: '2000-01-01' } },
  { tool: 'fetch', input: { id: WELCOME } },
  { tool: 'fetch', input: { id: `notes:${'x'.repeat(1990)}` } },
  { tool: 'fetch', input: { id: `notes:${'x'.repeat(10_000)}` } },
  { tool: 'fetch', input: { id: '\ud800' } },
  { tool: 'fetch', input: { id: ['notes:parts'] } },
  { tool: 'fetch', input: { id: WELCOME, cursor: 'A'.repeat(64) } },
  { tool: 'search', input: { query: 'spring', limit: -1 } },
  { tool: 'search', input: { query: 5 } },
  { tool: 'search', input: { query: 'spring', as: 'somebody', where: { any: 1 } } },
  { tool: 'search', input: { query: 'spring', cursor: 'B'.repeat(64) } },
  { tool: 'search', input: null },
  { tool: 'search', input: { where: [{ field: 'amount', from: 4711, to: 4711 }] } },
  { tool: 'search', input: { where: [{ field: 'amount', from: 0 }], limit: 50 } },
  { tool: 'search', input: { where: [{ field: 'status', is: null }], sources: ['notes'] } },
  { tool: 'explain_access', input: { id: 'notes:parts' } },
  { tool: 'explain_access', input: { id: WELCOME } },
  { tool: 'no_such_tool', input: {} },
];

/** All that somebody would try who knows every hidden word and may see none of it. */
export const ATTEMPTS: readonly Attempt[] = [
  ...FIXED,
  ...PLACES.flatMap((place) => [...searchesFor(canary(place)), ...fetchesOf(canary(place))]),
];

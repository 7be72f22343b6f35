import { expect, test } from 'vitest';

import { createPieces } from '../../src/openai/pieces.ts';

/** A piece as it comes over the wire, whatever a service writes. */
type Wire = Record<string, unknown> & { readonly function?: Record<string, unknown> };

/** The calls that these pieces make, each as its id, name and arguments. */
const callsOf = (wire: readonly Wire[]): [string, string, string][] => {
  const pieces = createPieces();
  for (const piece of wire) pieces.add(JSON.parse(JSON.stringify(piece)));
  return pieces.calls().map(({ id, function: { name, arguments: written } }) => [id, name, written]);
};

const [ONE, TWO] = ['{"query":"leave"}', '{"query":"pay"}'];
const named = (index: number | undefined, id: string | undefined, written: unknown, name = 'search'): Wire => ({
  index,
  id,
  function: { name, arguments: written },
});
const more = (index: number, written: string, id?: string): Wire => ({ index, id, function: { arguments: written } });

test.each<[string, readonly Wire[]]>([
  ['as OpenAI does', [named(0, 'a', ''), more(0, ONE.slice(0, 5)), more(0, ONE.slice(5)), named(1, 'b', ''), more(1, TWO)]],
  ['mixed', [named(0, 'a', ''), named(1, 'b', ''), more(0, ONE.slice(0, 5)), more(1, TWO), more(0, ONE.slice(5))]],
  ['all as number 0', [named(0, 'a', ''), more(0, ONE), named(0, 'b', ''), more(0, TWO)]],
  [
    'all as number 0 and mixed, by their ids',
    [named(0, 'a', ''), named(0, 'b', ''), more(0, ONE.slice(0, 5), 'a'), more(0, TWO, 'b'), more(0, ONE.slice(5), 'a')],
  ],
  ['whole, all as number 0', [named(0, 'a', ONE), named(0, 'b', TWO)]],
  ['without a number', [named(undefined, 'a', ONE), named(undefined, 'b', TWO)]],
  ['with id and name in every piece', [named(0, 'a', ONE.slice(0, 5)), named(0, 'a', ONE.slice(5)), named(0, 'b', TWO)]],
  [
    'and ended by a piece that says nothing new',
    [named(0, 'a', ONE), named(0, 'a', ''), named(1, 'b', TWO), named(1, 'b', null)],
  ],
  ['with arguments that are objects', [named(0, 'a', { query: 'leave' }), named(0, 'b', { query: 'pay' })]],
])('two calls that are streamed %s are two', (_, wire) => {
  expect(callsOf(wire)).toEqual([
    ['a', 'search', ONE],
    ['b', 'search', TWO],
  ]);
});

test.each<[string, readonly Wire[]]>([
  ['have no ids, and all the number 0', [named(0, undefined, ONE), named(0, undefined, TWO)]],
  ['have empty ids', [named(0, '', ''), more(0, ONE), named(0, '', TWO)]],
  ['share one id and one number', [named(0, 'same', ONE), named(0, 'same', TWO)]],
  ['share one id', [named(0, 'same', ONE), named(1, 'same', TWO)]],
  [
    'have the name in every piece, and nothing else',
    [named(0, undefined, ONE.slice(0, 5)), named(0, undefined, ONE.slice(5)), named(0, undefined, TWO)],
  ],
])('two calls that %s are two, each with an id of its own', (_, wire) => {
  const calls = callsOf(wire);
  expect(calls.map(([, name, written]) => [name, written])).toEqual([
    ['search', ONE],
    ['search', TWO],
  ]);
  expect(new Set(calls.map(([id]) => id)).size).toBe(2);
});

test('another name is another call, though the one before it has no arguments', () => {
  expect(callsOf([named(0, undefined, '', 'list_sources'), named(0, undefined, TWO)]).map(([, name]) => name)).toEqual([
    'list_sources',
    'search',
  ]);
});

test('more calls than any answer needs are too much at once', () => {
  const pieces = createPieces();
  const added = Array.from({ length: 200 }, (_, nth) => pieces.add({ index: nth, id: `call-${nth}`, function: { name: 'x' } }));
  expect([added[0], added.at(-1)]).toEqual([expect.any(Number), Infinity]);
  expect(Number.isFinite(added[0])).toBe(true);
});

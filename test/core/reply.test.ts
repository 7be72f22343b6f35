import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { AppError } from '../../src/core/errors.ts';
import type { Notice } from '../../src/core/notice.ts';
import { parseReply } from '../../src/core/reply.ts';

const understood = <T>(schema: z.ZodType<T>, reply: unknown, ignores: readonly string[] = []) => {
  const notices: Notice[] = [];
  const parsed = parseReply(schema, reply, { call: 'GET /pages', ignores, notice: (notice) => void notices.push(notice) });
  return { parsed, fields: notices.map((notice) => (notice.kind === 'unknown_field' ? notice.path : notice.kind)) };
};

/** Where it moved, and the error. */
const movedAt = (schema: z.ZodType, reply: unknown): AppError => {
  try {
    understood(schema, reply);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('it was understood');
};

const user = z.object({ login: z.string() });
const page = z.object({
  id: z.number(),
  title: z.string().optional(),
  author: user.nullable(),
  editors: z.array(user).default([]),
});
const PAGE = { id: 1, author: { login: 'ada' } };

describe('a reply that is as it should be', () => {
  test('is what its schema makes of it, without the fields nobody knows, which are counted', () => {
    const { parsed, fields } = understood(page, { ...PAGE, color: 'red', author: { login: 'ada', site_admin: false } });
    expect(parsed).toEqual({ ...PAGE, editors: [] });
    expect(fields.toSorted()).toEqual(['author.site_admin', 'color']);
  });

  test.each([
    ['an array at its root', z.array(page), [PAGE, { ...PAGE, extra: 1 }], ['[].extra']],
    ['arrays in arrays', z.object({ rows: z.array(z.array(user)) }), { rows: [[{ login: 'a', x: 1 }]] }, ['rows[][].x']],
    ['a field that may be absent', z.object({ owner: user.optional() }), { owner: { login: 'a', x: 1 } }, ['owner.x']],
    ['a field that is absent', z.object({ owner: user.optional() }), {}, []],
    ['a field that may be null', z.object({ owner: user.nullable() }), { owner: null }, []],
    [
      'a field that has a default',
      z.object({ owner: user.default({ login: '-' }) }),
      { owner: { login: 'a', x: 1 } },
      ['owner.x'],
    ],
    [
      'a field that is made into another',
      z.object({ owner: user.transform(({ login }) => login) }),
      { owner: { login: 'a', x: 1 } },
      ['owner.x'],
    ],
    ['a field that is checked', user.refine(() => true).readonly(), { login: 'a', x: 1 }, ['x']],
    [
      'a table by names',
      z.record(z.string(), user),
      { 'ada@acme.test': { login: 'a', x: 1 }, bob: { login: 'b', x: 1 } },
      ['*.x'],
    ],
    [
      'one of several',
      z.union([z.object({ kind: z.literal('a') }), z.object({ kind: z.literal('b'), b: z.number() })]),
      { kind: 'b', b: 1, x: 1 },
      ['x'],
    ],
    [
      'one of several by a name',
      z.object({
        of: z.discriminatedUnion('kind', [z.object({ kind: z.literal('a') }), z.object({ kind: z.literal('b'), b: user })]),
      }),
      { of: { kind: 'b', b: { login: 'b', x: 1 } } },
      ['of.b.x'],
    ],
    ['something that holds its like', tree(), { below: [{ below: [{ below: [], x: 1 }] }] }, ['below[].below[].x']],
  ] as const)('counts what is in %s', (_, schema, reply, expected) => {
    expect(understood<unknown>(schema, reply).fields).toEqual(expected);
  });

  test('counts nothing that is said to be known, with all below it, and each path once', () => {
    const reply = {
      items: [
        { login: 'a', x: 1, y: { z: 1 } },
        { login: 'b', x: 2, y: { z: 2 } },
      ],
      next: { href: 1 },
    };
    const schema = z.object({ items: z.array(user) });
    expect(understood(schema, reply).fields.toSorted()).toEqual(['items[].x', 'items[].y', 'next']);
    expect(understood(schema, reply, ['items[].y', 'next']).fields).toEqual(['items[].x']);
    expect(understood(schema, reply, ['items[]', 'nex']).fields).toEqual(['next']);
  });

  test('is not steered by the names it holds', () => {
    const reply: unknown = JSON.parse('{"login":"a","__proto__":{"login":"mallory","x":1},"constructor":1,"toString":{"a":1}}');
    const { parsed, fields } = understood(user, reply);
    expect(parsed).toEqual({ login: 'a' });
    expect(fields.toSorted()).toEqual(['__proto__', 'constructor', 'toString']);
    expect(() => understood(z.object({ toString: z.string() }), {})).toThrow('at toString');
  });
});

describe('no path holds what is data', () => {
  test.each(['ada@acme.test', 'Ada Lovelace', 'id-12345', '4711', '3f2b9c0d1e4f5a6b', 'a'.repeat(60), 'x.y', 'naïve', ''])(
    'such as %j',
    (name) => {
      expect(understood(z.object({}), { [name]: 'secret' }).fields).toEqual(['*']);
      const { moved, message } = movedAt(z.object({ by: z.record(z.string(), z.number()) }), { by: { [name]: 'secret' } });
      expect(moved).toEqual({ call: 'GET /pages', path: 'by.*' });
      expect(message).not.toContain('secret');
      expect(name.length > 3 && message.includes(name)).toBe(false);
    },
  );

  test.each(['created_at', 'nodeId', '$ref', '@odata.nextLink', 'x-total', 'line2'])('a field is named: %s', (name) => {
    expect(understood(z.object({}), { [name]: 1 }).fields).toEqual([name]);
  });

  test('names that are many are somebody’s', () => {
    const people = Object.fromEntries(
      Array.from({ length: 60 }, (_, at) => [`name${String.fromCharCode(97 + (at % 26))}${at}`, 1]),
    );
    expect(understood(z.object({ scores: z.object({}) }), { scores: people }).fields).toEqual(['scores.*']);
  });

  test('names that a strict object must not have are not told', () => {
    const { message, moved } = movedAt(z.object({ a: z.strictObject({}) }), { a: { adaLovelace: 1 } });
    expect(message).not.toContain('adaLovelace');
    expect(moved?.path).toBe('a');
  });
});

describe('a reply that is not as it should be', () => {
  test.each([
    ['is missing', z.array(page), [PAGE, { id: 1 }], '[].author'],
    ['is of another kind', page, { ...PAGE, editors: [{ login: 1 }] }, 'editors[].login'],
    ['is null', page, { ...PAGE, id: null }, 'id'],
    ['is of another kind in a table', z.record(z.string(), user), { ada: { login: 1 } }, '*.login'],
    ['is of another kind where it may be null', page, { ...PAGE, author: { login: false } }, 'author.login'],
  ])('is no silent null where a field %s', (_, schema, reply, path) => {
    const error = movedAt(schema, reply);
    expect(error.code).toBe('source_changed');
    expect(error.moved).toEqual({ call: 'GET /pages', path });
    expect(error.message).toContain(`GET /pages answered with something else than it used to at ${path} (`);
  });

  test.each([[null], ['<html>'], [undefined], [[]]])('is none at all: %j', (reply) => {
    expect(movedAt(page, reply).message).toContain('at the reply (');
  });

  test('counts no field, since nothing of it is believed', () => {
    const notices: Notice[] = [];
    const notice = (one: Notice): void => void notices.push(one);
    expect(() => parseReply(page, { x: 1 }, { call: 'GET /pages', notice })).toThrow(AppError);
    expect(notices).toEqual([]);
  });
});

describe('a huge reply', () => {
  test('is looked at as far as is worth it', () => {
    let looked = 0;
    const element = (): object =>
      new Proxy(
        { login: 'a', x: 1 },
        {
          ownKeys: (of) => {
            looked += 1;
            return Reflect.ownKeys(of);
          },
        },
      );
    const reply = Array.from({ length: 200_000 }, element);
    const schema = z.array(z.custom<object>()).transform((all) => all.length);
    const counted = z.object({ all: z.array(user) });
    expect(understood(schema, reply).parsed).toBe(200_000);
    const walkedOf = (all: readonly object[]): number => {
      looked = 0;
      understood(counted, { all });
      return looked;
    };
    // Zod looks at the keys of none, we at those of some: ten times as many elements are no more work.
    expect(walkedOf(reply)).toBe(walkedOf(reply.slice(0, 20_000)));
    expect(looked).toBeGreaterThan(1_000);
  });

  test('tells of at most a hundred fields', () => {
    const reply = Object.fromEntries(
      Array.from({ length: 200 }, (_, at) => [
        `k${at}`,
        Object.fromEntries([
          [`f${at % 7}x`, 1],
          ['also', 1],
        ]),
      ]),
    );
    const shape = Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`k${at}`, z.object({})]));
    expect(understood(z.object(shape), reply).fields).toHaveLength(100);
  });
});

function tree(): z.ZodType {
  const node: z.ZodType = z.lazy(() => z.object({ below: z.array(node) }));
  return node;
}

import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import type { Change } from '../../src/core/change.ts';
import { aJsonlSource } from '../support/a-jsonl-source.ts';
import { aclOf, containerLine, documentLine, type JsonLine } from '../support/json-lines.ts';

/** What an index holds, told as plainly as can be: no fold, no cursor, one change after the other. */
interface World {
  readonly items: Map<string, { readonly parent: string | undefined; readonly says: string }>;
  readonly accounts: Map<string, string>;
  readonly groups: Map<string, string>;
}

const emptyWorld = (): World => ({ items: new Map(), accounts: new Map(), groups: new Map() });

/** Applies changes as they come, or lines, which are spelt alike for all that is looked at here. */
const apply = (world: World, changes: readonly JsonLine[]): void => {
  const listings = new Map<unknown, Set<string>>();
  const pages = new Map<unknown, unknown[]>();
  const see = (name: string): void => listings.forEach((seen) => seen.add(name));
  const below = (top: unknown): string[] =>
    [...world.items.keys()].filter((key) => {
      const chain = new Set<string>();
      for (let at = world.items.get(key)?.parent; at !== undefined && !chain.has(at); at = world.items.get(at)?.parent)
        chain.add(at);
      return chain.has(String(top)) && key !== top;
    });
  for (const change of changes) {
    const { type, key, id, group, of, more } = change;
    if (type === 'listing') listings.set(of, new Set());
    else if (type === 'complete') {
      const seen = listings.get(of) ?? new Set();
      for (const each of of === undefined ? world.items.keys() : below(of))
        if (!seen.has(`item ${each}`)) world.items.delete(each);
      listings.delete(of);
      if (of !== undefined) continue;
      for (const each of world.accounts.keys()) if (!seen.has(`account ${each}`)) world.accounts.set(each, 'inactive');
      for (const each of world.groups.keys()) if (!seen.has(`group ${each}`)) world.groups.delete(each);
    } else if (type === 'account') {
      world.accounts.set(String(id), change['active'] === true ? String(change['name']) : 'inactive');
      see(`account ${String(id)}`);
    } else if (type === 'members') {
      const members = [...(pages.get(group) ?? []), change['members']].flat();
      pages.set(group, more ? members : []);
      if (!more) world.groups.set(String(group), JSON.stringify(members));
      see(`group ${String(group)}`);
    } else if (type === 'delete') {
      for (const each of [key, ...below(key)]) world.items.delete(String(each));
    } else if (type === 'acl') {
      const known = world.items.get(String(key));
      if (known) world.items.set(String(key), { ...known, says: `${known.says.split(' ')[0]} ${JSON.stringify(change['acl'])}` });
      see(`item ${String(key)}`);
    } else if (type === 'container' || type === 'document') {
      const parent = typeof change['parent'] === 'string' ? change['parent'] : undefined;
      world.items.set(String(key), {
        parent,
        says: `${type}:${JSON.stringify(change['title'])} ${JSON.stringify(change['acl'])}`,
      });
      see(`item ${String(key)}`);
    }
  }
};

const asLine = (change: Change): JsonLine => {
  if (change.type === 'document') return { ...change.document, type: 'document' };
  if (change.type === 'account') return { type: 'account', ...change.account };
  return { ...change };
};

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const acl = fc.constantFrom('user:u1', 'user:u2', 'group:g1').map((allow) => aclOf([allow]));
const parent = fc.option(key, { nil: undefined });
const title = fc.constantFrom('One', 'Two');
const member = fc.constantFrom('user:u1', 'user:u2', 'group:g2');

/** Lines that belong together: pages of a group are not interleaved with other pages of it. */
const lines: fc.Arbitrary<JsonLine[]> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ key, acl, parent, title }).map((given) => [documentLine(given)]) },
  { weight: 4, arbitrary: fc.record({ key, acl, parent, title }).map((given) => [containerLine(given)]) },
  { weight: 3, arbitrary: fc.record({ key, acl }).map((given) => [{ type: 'acl', ...given }]) },
  { weight: 3, arbitrary: key.map((each) => [{ type: 'delete', key: each }]) },
  { weight: 1, arbitrary: fc.record({ of: parent }).map((given) => [{ type: 'listing', ...given }]) },
  {
    weight: 2,
    arbitrary: fc
      .record({ id: fc.constantFrom('u1', 'u2'), active: fc.boolean(), name: title })
      .map((given) => [{ type: 'account', emails: ['a@acme.test'], kind: 'member', ...given }]),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({
        group: fc.constantFrom('g1', 'g2'),
        pages: fc.array(fc.array(member, { maxLength: 2 }), { minLength: 1, maxLength: 3 }),
      })
      .map(({ group, pages }) =>
        pages.map((members, index) => ({ type: 'members', group, members, ...(index < pages.length - 1 && { more: true }) })),
      ),
  },
);

/** A `complete` follows each `listing` somewhere, and cuts say after which lines the file was read. */
const history = fc
  .record({
    whole: fc.boolean(),
    groups: fc.array(lines, { minLength: 1, maxLength: 25 }),
    cuts: fc.array(fc.boolean(), { minLength: 90, maxLength: 90 }),
    ends: fc.array(fc.nat(6), { minLength: 25, maxLength: 25 }),
  })
  .map(({ whole, groups, cuts, ends }) => ({ lines: [...(whole ? WHOLE : []), ...closed(groups.flat(), ends)], cuts }));

const WHOLE = [{ type: 'listing' }, { type: 'complete' }];

const closed = (open: readonly JsonLine[], ends: readonly number[]): JsonLine[] => {
  const waiting: { line: JsonLine; in: number }[] = [];
  const out: JsonLine[] = [];
  const listed = new Set<unknown>();
  for (const [index, line] of open.entries()) {
    if (line['type'] === 'listing') {
      if (listed.has(line['of'])) continue;
      listed.add(line['of']);
      waiting.push({ line: { ...line, type: 'complete' }, in: index + (ends[index % ends.length] ?? 0) });
    }
    out.push(line);
    for (const due of waiting.filter((each) => each.in === index)) out.push(due.line);
  }
  return out;
};

test('whenever it was read, the index ends as if each line had been applied in its turn', async () => {
  await fc.assert(
    fc.asyncProperty(history, async ({ lines, cuts }) => {
      const source = await aJsonlSource();
      const index = emptyWorld();
      for (const [at, line] of lines.entries()) {
        await source.append([line]);
        if (cuts[at] || at === lines.length - 1) apply(index, (await source.sync()).map(asLine));
      }
      const expected = emptyWorld();
      apply(expected, lines);
      expect(index).toEqual(expected);
    }),
    { numRuns: 150 },
  );
});

import { describe, expect, test } from 'vitest';

import { NO_POLICY } from '../../src/core/policy.ts';
import type { Condition } from '../../src/core/where.ts';
import type { Reader } from '../../src/store/reader.ts';
import { anEmbedder } from '../support/an-embedder.ts';
import { anIndex } from '../support/an-index.ts';
import { asking, ids } from '../support/asking.ts';
import { only } from '../support/builders.ts';
import { rulesFor } from '../support/looking.ts';
import { document } from '../support/new-document.ts';

const OPEN: Condition = { field: 'status', must: 'be', text: 'OPEN' };

/** Deals of which every second is open, and every third Bob's alone; all those of Bob are open. */
const DEALS = Array.from({ length: 12 }, (_, at) =>
  document({
    key: `k${String(at).padStart(2, '0')}`,
    type: 'deal',
    updatedAt: 100 - (at % 5),
    acl: only(at % 3 === 0 ? 'person:bob@acme.test' : 'everyone'),
    fields: { status: at % 2 === 0 || at % 3 === 0 ? 'Open' : 'won', amount: at },
  }),
);

describe('with conditions, search', () => {
  test('finds by words what meets them', async () => {
    const index = await anIndex();
    await index.sync('wiki', DEALS);
    const { search } = asking(index);
    expect(ids(await search('ada', { where: [OPEN] })).toSorted()).toEqual(['wiki:k02', 'wiki:k04', 'wiki:k08', 'wiki:k10']);
    expect(ids(await search('ada', { where: [OPEN], query: 'zeppelin' }))).toEqual([]);
    const few: Condition = { field: 'amount', must: 'lie', from: 4, to: 8 };
    expect(ids(await search('ada', { where: [OPEN, few] })).toSorted()).toEqual(['wiki:k04', 'wiki:k08']);
  });

  test('without a word lists what meets them, what changed last first', async () => {
    const index = await anIndex();
    await index.sync('wiki', DEALS);
    const { search } = asking(index);
    expect(ids(await search('ada', { query: '', where: [OPEN] }))).toEqual(['wiki:k10', 'wiki:k02', 'wiki:k08', 'wiki:k04']);
    expect(ids(await search('bob', { query: '', where: [OPEN] }))).toHaveLength(8);
    expect(ids(await search('ada', { query: '', where: [OPEN], types: ['page'] }))).toEqual([]);
    expect(ids(await search('ada', { query: '', where: [OPEN], updatedAfter: 97 }))).toEqual(['wiki:k10', 'wiki:k02']);
  });

  test('without a word needs no model, and no answer is less for that', async () => {
    const index = await anIndex();
    await index.sync('wiki', DEALS);
    const without = await asking(index).search('ada', { query: '', where: [OPEN] });
    const withModel = await asking(index, { embedder: anEmbedder() }).search('ada', { query: '', where: [OPEN] });
    expect(without.found.degraded).toEqual([]);
    expect(ids(withModel)).toEqual(ids(without));
  });

  test('goes on page by page to the end, beyond what ranking looks at', async () => {
    const index = await anIndex();
    const many = Array.from({ length: 130 }, (_, at) =>
      document({ key: `k${String(at).padStart(3, '0')}`, fields: { status: 'open' } }),
    );
    await index.sync('wiki', many);
    const { search } = asking(index);
    const last = await search('ada', { query: '', where: [OPEN], limit: 50, offset: 100 });
    expect([ids(last).length, last.found.before.length, last.found.more, last.found.partial]).toEqual([
      30,
      100,
      false,
      undefined,
    ]);
    const middle = await search('ada', { query: '', where: [OPEN], limit: 50, offset: 50 });
    expect([ids(middle)[0], middle.found.more]).toEqual(['wiki:k050', true]);
  });

  test('says that there is more than it lists', async () => {
    const index = await anIndex();
    await index.sync(
      'wiki',
      Array.from({ length: 1000 }, (_, at) => document({ key: `k${at}`, fields: { status: 'open' } })),
    );
    const { search } = asking(index);
    const asked = { query: '', where: [OPEN], limit: 10, offset: 990 };
    expect((await search('ada', asked)).found).toMatchObject({ more: false });
    expect((await search('ada', asked)).found.partial).toBeUndefined();
    await index.sync('wiki', [document({ key: 'hidden', fields: { status: 'open' }, acl: only('person:bob@acme.test') })]);
    expect((await search('ada', asked)).found.partial).toBeUndefined();
    expect((await search('bob', asked)).found).toMatchObject({ more: false, partial: true });
  });

  test('is told nothing of what its client may not carry', async () => {
    const index = await anIndex();
    await index.sync('wiki', [
      document({ key: 'plain', fields: { status: 'open' } }),
      document({ key: 'sealed', labels: ['sealed'], fields: { status: 'open', amount: 9 } }),
    ]);
    const policies = {
      default: NO_POLICY,
      clients: new Map([['narrow', { ...NO_POLICY, denyLabels: ['Sealed'] }], ['elsewhere', { ...NO_POLICY, sources: ['other'] }]]), // prettier-ignore
    };
    const { through } = asking(index, { rules: { ...rulesFor('wiki'), policies } });
    const asked = { query: '', where: [OPEN] };
    expect(ids(await through('any').search('ada', asked))).toEqual(['wiki:plain', 'wiki:sealed']);
    expect(ids(await through('narrow').search('ada', asked))).toEqual(['wiki:plain']);
    expect(ids(await through('elsewhere').search('ada', asked))).toEqual([]);
  });
});

describe('whatever proposed a document', () => {
  test.each(['', 'spring'])('it is not shown where it does not meet what was asked for with "%s"', async (query) => {
    const index = await anIndex();
    await index.sync('wiki', DEALS);
    const right = await asking(index).search('ada', { query, where: [OPEN] });
    const wrong = await asking(index, { reader: forgetful(index.reader()) }).search('ada', { query, where: [OPEN] });
    expect(ids(right)).toHaveLength(4);
    expect(ids(wrong).toSorted()).toEqual(ids(right).toSorted());
  });
});

/** A reader whose snapshots forget what was asked of the fields. */
const forgetful = (reader: Reader): Reader => ({
  ...reader,
  read: (look) =>
    reader.read((reading) =>
      look({
        ...reading,
        snapshot: (held, carried, now, { sources, types, updatedAfter }) =>
          reading.snapshot(held, carried, now, {
            ...(sources && { sources }),
            ...(types && { types }),
            ...(updatedAfter !== undefined && { updatedAfter }),
          }),
      }),
    ),
});

import { describe, expect, test } from 'vitest';

import type { Reader } from '../../src/store/reader.ts';
import { anIndex } from '../support/an-index.ts';
import { asking, ids, TWELVE } from '../support/asking.ts';
import { only } from '../support/builders.ts';
import { person } from '../support/looking.ts';
import { document } from '../support/new-document.ts';

/** A reader in which everybody holds what Bob holds, whoever decides that: memory or SQL. */
const asBob = (reader: Reader): Reader => ({
  ...reader,
  read: (look) =>
    reader.read((reading) =>
      look({
        ...reading,
        holdAcls: (_, rules, now) => reading.holdAcls(person('bob'), rules, now),
        permissions: {
          ...reading.permissions,
          standing: (_, rules, now) => reading.permissions.standing(person('bob'), rules, now),
        },
      }),
    ),
});

describe('a visibility that is wrong', () => {
  test('shows nothing that the reference rule refuses', async () => {
    const index = await anIndex();
    await index.sync('wiki', [
      ...TWELVE,
      { type: 'container', key: 'folder', title: 'Folder', acl: only('person:bob@acme.test') },
      document({ key: 'inherited', acl: only('audience:folder') }),
    ]);
    const right = await asking(index).search('ada', { limit: 50 });
    const wrong = await asking(index, { reader: asBob(index.reader()) }).search('ada', { limit: 50 });
    expect(ids(await asking(index).search('bob', { limit: 50 }))).toHaveLength(13);
    expect(ids(wrong)).toHaveLength(8);
    expect(ids(wrong).toSorted()).toEqual(ids(right).toSorted());
  });

  test('does not say that there is more where all of that is refused', async () => {
    const index = await anIndex();
    await index.sync('wiki', TWELVE);
    const wrong = await asking(index, { reader: asBob(index.reader()) }).search('ada', { limit: 8 });
    expect([ids(wrong).length, wrong.found.more]).toEqual([8, false]);
  });

  test('names no source, type or field that the reference rule refuses', async () => {
    const index = await anIndex();
    await index.sync('wiki', [
      document({ key: 'all' }),
      document({ key: 'bob', type: 'merger', fields: { price: 1 }, acl: only('person:bob@acme.test') }),
    ]);
    const right = await asking(index).sources('ada');
    const wrong = await asking(index, { reader: asBob(index.reader()) }).sources('ada');
    expect((await asking(index).sources('bob')).found).toMatchObject([{ types: ['merger', 'page'], fields: ['price'] }]);
    expect(wrong.found).toEqual(right.found);
  });
});

describe('a text that is not what was stored', () => {
  test('is not shown: the index is damaged', async () => {
    const index = await anIndex();
    await index.sync('wiki', [document({ key: 'plan' })]);
    const reader = index.reader();
    const flipped: Reader = {
      ...reader,
      read: (look) =>
        reader.read((reading) =>
          look({ ...reading, chunks: (item) => reading.chunks(item).map((chunk) => ({ ...chunk, text: `${chunk.text}.` })) }),
        ),
    };
    await expect(asking(index, { reader: flipped }).fetch('ada')).rejects.toMatchObject({ code: 'unavailable' });
  });
});

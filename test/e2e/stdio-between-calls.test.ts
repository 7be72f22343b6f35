import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, onTestFinished, test, vi } from 'vitest';

import { ERAS } from '../support/a-client.ts';
import { accountLine, type APlace, aPlace, synced } from '../support/a-place.ts';
import { ADA, attach, LINES, refusalOf, search } from '../support/a-served-place.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 }); // the program is started several times

const MOVE = { query: 'move' };

/** A place of the test's own, since it changes. */
const aServedPlace = async (): Promise<APlace> => {
  const place = await aPlace(LINES);
  onTestFinished(() => place.remove());
  return synced(place);
};

describe.each(ERAS)('between two calls of a client of %s', (era) => {
  test('another process deactivates its person, who loses what was shown to them', async () => {
    const where = await aServedPlace();
    const ada = await attach(era, ADA, where);
    expect((await search(ada)).ids).toHaveLength(13);
    await where.append([accountLine('ada', { active: false })]);
    await synced(where);
    expect((await search(ada)).ids).toEqual([]);
    expect(await refusalOf(ada, 'fetch', { id: 'wiki:plan' })).toMatchObject({ error: { code: 'not_found' } });
  });

  test('the source gives its account to another address, and the person of the new one sees what the other did', async () => {
    const where = await aServedPlace();
    const ada = await attach(era, ADA, where);
    expect((await search(ada, MOVE)).ids).toEqual(['wiki:plan']);
    await where.append([accountLine('ada', { emails: ['lovelace@acme.test'] })]);
    await synced(where);
    expect((await search(ada, MOVE)).ids).toEqual([]);
    expect((await search(await attach(era, 'lovelace@acme.test', where), MOVE)).ids).toEqual(['wiki:plan']);
  });

  test('the index is damaged, and the call says so instead of answering less', async () => {
    const where = await aServedPlace();
    const ada = await attach(era, ADA, where);
    await ada.tools(); // it has opened the index, and read none of its rows
    await damage(join(where.data, 'index.db'));
    expect(await refusalOf(ada, 'search', { query: 'spring' })).toMatchObject({
      error: { code: 'unavailable', message: expect.stringContaining('is damaged'), retry: true },
    });
  });
});

/** Writes noise over all of a database but its first page. */
const damage = async (path: string): Promise<void> => {
  const PAGE = 4096;
  const { size } = await stat(path);
  await using file = await open(path, 'r+');
  await file.write(Buffer.alloc(size - PAGE, 0xa5), 0, size - PAGE, PAGE);
};

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';

import { ADA, BOB } from '../support/a-served-place.ts';

/** A client that nobody here wrote, attached for one person. */
export interface ForeignClient {
  /** The names of the tools it offers its model. */
  tools(): Promise<readonly string[]>;
  /** The text that its model gets; may reject instead where the call was refused. */
  call(name: string, given: Readonly<Record<string, unknown>>): Promise<string>;
  close(): Promise<void>;
}

const found = z.looseObject({ results: z.array(z.looseObject({ id: z.string() })) });
const fetched = z.looseObject({ id: z.string(), text: z.string() });

/** What works in every client, on a place with the lines of `a-served-place.ts`. */
export const foreignClientContract = (title: string, attach: (who: string) => Promise<ForeignClient>): void => {
  describe(`${title}, as every client,`, () => {
    let ada: ForeignClient;
    let bob: ForeignClient;
    beforeAll(async () => {
      [ada, bob] = await Promise.all([attach(ADA), attach(BOB)]);
    });
    afterAll(() => Promise.all([ada, bob].map((client) => client.close())));

    const search = async (client: ForeignClient): Promise<string[]> =>
      found.parse(JSON.parse(await client.call('search', { query: 'spring', limit: 50 }))).results.map(({ id }) => id);

    test('lists the tools', async () => {
      expect(await ada.tools()).toEqual(['search', 'fetch', 'list_sources', 'explain_access']);
    });

    test('finds for each person what is theirs, and nothing of the other’s', async () => {
      const [adas, bobs] = [await search(ada), await search(bob)];
      expect([adas.includes('wiki:plan'), bobs.includes('wiki:plan')]).toEqual([true, false]);
      expect([adas.includes('wiki:party'), bobs.includes('wiki:party')]).toEqual([false, true]);
      expect(adas.filter((id) => bobs.includes(id))).toHaveLength(12);
    });

    test('fetches a document', async () => {
      const document = fetched.parse(JSON.parse(await ada.call('fetch', { id: 'wiki:plan' })));
      expect(document).toMatchObject({ id: 'wiki:plan', text: 'We move in spring.' });
    });

    test('hears the same of a forbidden document and of a missing one, and what to do', async () => {
      const [forbidden, missing] = [await refusal(ada, 'wiki:party'), await refusal(ada, 'wiki:nothing')];
      expect(forbidden).toBe(missing);
      expect(forbidden).toContain('Ids come from the results of search');
      expect(forbidden).not.toContain('party');
    });
  });
};

/** What a client makes of a refusal: a text for its model, or an error for its program. */
const refusal = async (client: ForeignClient, id: string): Promise<string> => {
  try {
    return await client.call('fetch', { id });
  } catch (error) {
    return String(error);
  }
};

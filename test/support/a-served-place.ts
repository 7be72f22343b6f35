import { onTestFinished } from 'vitest';
import { z } from 'zod';

import { aClient, type AClient, type Era } from './a-client.ts';
import { accountLine, type APlace, whole } from './a-place.ts';
import { aclOf, documentLine } from './json-lines.ts';

/** Two people, each with a document of their own. */
export const ADA = 'ada@acme.test';
export const BOB = 'bob@acme.test';

/** What they and everybody else may see. */
export const LINES = whole([
  accountLine('ada'),
  accountLine('bob'),
  documentLine({ text: 'We move in spring.', acl: aclOf(['user:ada']) }),
  documentLine({ key: 'party', title: 'Party', text: 'The party is in spring.', acl: aclOf(['user:bob']) }),
  ...Array.from({ length: 12 }, (_, day) =>
    documentLine({ key: `day-${day}`, title: `Day ${day}`, text: `On day ${day} of spring we rest.` }),
  ),
]);

/** A client of a server for somebody, gone with the test. */
export const attach = async (era: Era, who: string, { config, data }: APlace): Promise<AClient> => {
  const client = await aClient(era, { config, data, who });
  onTestFinished(() => client.close());
  return client;
};

const foundSchema = z.looseObject({ results: z.array(z.looseObject({ id: z.string() })), next_cursor: z.string().optional() });

/** The ids that a search finds, sorted, and how to go on. */
export const search = async (
  client: AClient,
  given: Readonly<Record<string, unknown>> = { query: 'spring', limit: 50 },
): Promise<{ readonly ids: readonly string[]; readonly cursor: string | undefined }> => {
  const { results, next_cursor: cursor } = foundSchema.parse((await client.call('search', given)).structuredContent);
  return { ids: results.map(({ id }) => id).toSorted(), cursor };
};

/** The refusal that a call got: the one object that its one text says. */
export const refusalOf = async (client: AClient, name: string, given: Readonly<Record<string, unknown>>): Promise<unknown> => {
  const { isError, content, structuredContent } = await client.call(name, given);
  const [only, ...more] = content;
  if (isError !== true || !only || more.length > 0 || structuredContent) throw new Error(`${name} was not refused`);
  return JSON.parse(only.text);
};

import { expect, onTestFinished, test, vi } from 'vitest';

import { aClient, type AClient } from '../support/a-client.ts';
import { DEALS } from '../support/a-deals-table.ts';
import { aPlace, ORGANISATION } from '../support/a-place.ts';
import { aPostgres } from '../support/a-postgres.ts';
import { ADA, BOB, refusalOf, search } from '../support/a-served-place.ts';

vi.setConfig({ testTimeout: 90_000 }); // the program is started several times

const server = await aPostgres();

/** So soon a commit is to be heard of; a busy machine is given time, the figure is for the bench. */
const SOON = { timeout: 10_000, interval: 50 };
const STARTED = { timeout: 30_000, interval: 50 };

const found = async (client: AClient): Promise<readonly string[]> => (await search(client)).ids;

test('two people get the rows the database gives each, and what a commit gives and takes, while a server follows', async () => {
  const db = await server.database();
  await db.sql(DEALS);
  const place = await aPlace([]);
  onTestFinished(() => place.remove());
  await place.configure(`${ORGANISATION}embedding: { provider: none }
sources:
  app:
    connector: postgres
    url: \${APP_DATABASE_URL}
    slot: of_${db.name}
    accounts: SELECT id, email, name, active::text FROM person
    groups: SELECT name, member FROM team
    tables:
      deals: { from: deal, type: deal, text: [notes], fields: { stage: stage, amount: amount }, permissions: { owner: owner, group: team } }
`);
  const env = { APP_DATABASE_URL: db.url };
  const serving = async (who: string, follows: boolean): Promise<AClient> => {
    const client = await aClient('2026-07-28', { config: place.config, data: place.data, who, follows, env });
    onTestFinished(() => client.close());
    return client;
  };

  const [ada, bob] = await Promise.all([serving(ADA, true), serving(BOB, false)]);
  await expect.poll(() => found(ada), STARTED).toEqual(['app:deals/1', 'app:deals/3']);
  expect(await found(bob)).toEqual(['app:deals/2']);
  const where = [{ field: 'amount', from: 1000 }, { field: 'stage', is: 'OPEN' }]; // prettier-ignore
  expect([(await search(ada, { where })).ids, (await search(bob, { where })).ids]).toEqual([['app:deals/1'], []]);
  await db.sql(`UPDATE deal SET owner = 'bob' WHERE id = 1`);
  await expect.poll(() => found(ada), SOON).toEqual(['app:deals/3']);
  expect(await found(bob)).toEqual(['app:deals/1', 'app:deals/2']);
  expect(await refusalOf(ada, 'fetch', { id: 'app:deals/1' })).toEqual(await refusalOf(ada, 'fetch', { id: 'app:deals/99' }));
  await db.sql(`DELETE FROM team WHERE member = 'ada'`);
  await expect.poll(() => found(ada), SOON).toEqual([]);
});

test('a secret that is missing is named before anything is asked', async () => {
  const place = await aPlace([]);
  onTestFinished(() => place.remove());
  await place.configure(`${ORGANISATION}sources:
  app: { connector: postgres, url: "\${APP_DATABASE_URL}", accounts: SELECT 1, tables: { t: { from: t, permissions: { everyone: true } } } }
`);
  const { code, stderr } = await place.run(['sync']);
  expect([code, stderr]).toEqual([2, expect.stringContaining('APP_DATABASE_URL')]);
});

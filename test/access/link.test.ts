import { describe, expect, test } from 'vitest';

import { linkByEmail } from '../../src/access/link.ts';
import type { Identity } from '../../src/core/caller.ts';
import { AppError } from '../../src/core/errors.ts';
import type { Account } from '../../src/core/document.ts';
import type { EmailLink } from '../../src/store/people.ts';
import { type AnIndex, anIndex } from '../support/an-index.ts';
import { anAccount } from '../support/builders.ts';
import { person, rulesFor } from '../support/looking.ts';

const ADA = person('ada');
const RULES = rulesFor('wiki', 'files');

const told = (index: AnIndex, source: string, ...accounts: readonly Account[]): Promise<void> =>
  index.sync(
    source,
    accounts.map((account) => ({ type: 'account', account })),
  );

const linkedAs = async ({ store }: AnIndex, identity: Identity = ADA): Promise<string[]> => {
  await linkByEmail(store, identity, RULES, 5);
  return (await store.links(identity)).map(({ source, account }) => `${source}:${account}`);
};

describe('an e-mail links', () => {
  test('to the one active account that carries it, in every configured source, with its evidence', async () => {
    const index = await anIndex();
    await told(index, 'wiki', anAccount({ id: 'ada' }), anAccount({ id: 'bob' }));
    await told(index, 'files', anAccount({ id: 'a.lovelace', emails: ['ada@acme.test'] }));
    await told(index, 'old', anAccount({ id: 'ada' }));
    expect(await linkByEmail(index.store, ADA, RULES, 5)).toHaveLength(2);
    expect(await index.store.links(ADA)).toEqual([
      { source: 'files', account: 'a.lovelace', method: 'email', evidence: { email: 'ada@acme.test' }, at: 5 },
      { source: 'wiki', account: 'ada', method: 'email', evidence: { email: 'ada@acme.test' }, at: 5 },
    ]);
    expect(await linkByEmail(index.store, ADA, RULES, 6)).toEqual([]);
  });

  test('beside an inactive account that carries it too', async () => {
    const index = await anIndex();
    await told(index, 'wiki', anAccount({ id: 'ada' }), anAccount({ id: 'old', emails: ['ada@acme.test'], active: false }));
    expect(await linkedAs(index)).toEqual(['wiki:ada']);
  });

  test('for good: a second account with it changes nothing', async () => {
    const index = await anIndex();
    await told(index, 'wiki', anAccount({ id: 'ada' }));
    expect(await linkedAs(index)).toEqual(['wiki:ada']);
    await told(index, 'wiki', anAccount({ id: 'mallory', emails: ['ada@acme.test'] }));
    expect(await linkedAs(index)).toEqual(['wiki:ada']);
  });
});

describe('an e-mail links nothing', () => {
  test.each<readonly [string, Identity]>([
    ['when nobody vouches for one', { issuer: 'idp', subject: 'ada' }],
    ['when its domain is not ours', { issuer: 'idp', subject: 'max', email: 'max@partner.test' }],
    ['when no account carries it', person('zoe')],
  ])('%s', async (_, identity) => {
    const index = await anIndex();
    await told(index, 'wiki', anAccount({ id: 'ada' }), anAccount({ id: 'max', emails: ['max@partner.test'] }));
    expect(await linkedAs(index, identity)).toEqual([]);
  });

  test('when two active accounts carry it', async () => {
    const index = await anIndex();
    await told(index, 'wiki', anAccount({ id: 'ada' }), anAccount({ id: 'ada2', emails: ['ada@acme.test'] }));
    expect(await linkedAs(index)).toEqual([]);
  });

  test('when the only account that carries it is inactive', async () => {
    const index = await anIndex();
    await told(index, 'wiki', anAccount({ id: 'ada', active: false }));
    expect(await linkedAs(index)).toEqual([]);
  });

  test('in a source that is being synced', async () => {
    const index = await anIndex();
    await told(index, 'wiki', anAccount({ id: 'ada' }));
    await index.store.open('wiki', 'test', 1);
    expect(await linkedAs(index)).toEqual([]);
  });

  test('when the configuration says that it is a service', async () => {
    const index = await anIndex();
    await told(index, 'wiki', anAccount({ id: 'ada' }));
    const services = new Map([['idp|ada', { shared: [], accounts: new Map() }]]);
    expect(await linkByEmail(index.store, ADA, { ...RULES, services }, 5)).toEqual([]);
    expect(await index.store.links(ADA)).toEqual([]);
  });

  test('when the account moves between the look and the link', async () => {
    const index = await anIndex();
    await told(index, 'wiki', anAccount({ id: 'ada' }));
    const { store } = index;
    const moving = {
      links: (identity: Identity) => store.links(identity),
      matches: async (identity: Identity) => {
        const before = await store.matches(identity);
        await told(index, 'wiki', anAccount({ id: 'ada', active: false }));
        return before;
      },
      link: (identity: Identity, link: EmailLink) => store.link(identity, link),
    };
    expect(await linkByEmail(moving, ADA, RULES, 5)).toEqual([]);
    expect(await store.links(ADA)).toEqual([]);
  });

  test('and says so when the index cannot be written', async () => {
    const index = await anIndex();
    await told(index, 'wiki', anAccount({ id: 'ada' }));
    const full = {
      links: (identity: Identity) => index.store.links(identity),
      matches: (identity: Identity) => index.store.matches(identity),
      link: async () => {
        throw new AppError('unavailable', 'The disk is full.');
      },
    };
    await expect(linkByEmail(full, ADA, RULES, 5)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

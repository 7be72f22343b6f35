import { expect, test } from 'vitest';

import type { Identity } from '../../../src/core/caller.ts';
import type { Account } from '../../../src/core/document.ts';
import type { EmailLink } from '../../../src/store/people.ts';
import { anAccount } from '../../support/builders.ts';
import { document } from '../../support/new-document.ts';
import { COMPLETE, KILLED, LIMIT, type MakePlace, sync } from './place.ts';

const ada: Identity = { issuer: 'https://login.acme.test', subject: '17', email: 'ada@acme.test' };
const byEmail: EmailLink = { source: 'wiki', account: 'ada', method: 'email', evidence: { email: 'ada@acme.test' }, at: 1500 };
const HOUR = 3_600_000;

/** Who asked before, and which accounts are theirs. */
export const identityContract = (makePlace: MakePlace): void => {
  const withAccounts = async (...accounts: readonly Account[]) => {
    const place = await makePlace();
    const store = await place.open();
    await sync(
      store,
      accounts.map((account) => ({ type: 'account', account })),
    );
    return { place, store };
  };

  test('an identity that comes without its e-mail is given the one it came with before', async () => {
    const store = await (await makePlace()).open();
    const { email: _email, ...anonymous } = ada;
    expect(await store.identify(anonymous, 1000)).toEqual(anonymous);
    expect(await store.identify(ada, 1001)).toEqual(ada);
    expect(await store.identify(anonymous, 1001 + 2 * HOUR)).toEqual(ada);
    expect(await store.identify({ ...ada, email: 'ada@new.test' }, 1002 + 2 * HOUR)).toMatchObject({ email: 'ada@new.test' });
    expect(await store.identify(anonymous, 1003 + 2 * HOUR)).toMatchObject({ email: 'ada@new.test' });
    expect(await store.identify({ ...anonymous, issuer: 'https://elsewhere.test' }, 1004)).not.toHaveProperty('email');
  });

  test('an account is matched by its e-mail however the source spells it', async () => {
    const { store } = await withAccounts(
      anAccount({ emails: [' Ada@ACME.test', 'ada@acme.test'] }),
      anAccount({ id: 'bob', active: false, emails: ['ada@acme.test'] }),
    );
    expect(await store.matches(ada)).toEqual([
      { source: 'wiki', account: 'ada', active: true, barred: false },
      { source: 'wiki', account: 'bob', active: false, barred: false },
    ]);
    expect(await store.matches({ issuer: 'x', subject: '17' })).toEqual([]);
  });

  test('a source that is being written, or was when its process died, matches nobody', async () => {
    const { place, store } = await withAccounts(anAccount());
    const writer = await store.open('wiki', 'jsonl', 2000);
    expect(await store.matches(ada)).toEqual([]);
    await expect(store.link(ada, byEmail)).rejects.toMatchObject({ code: 'conflict' });
    await writer.finish(COMPLETE, 2001);
    expect(await store.matches(ada)).toHaveLength(1);
    await (await place.open(KILLED)).open('wiki', 'jsonl', 3000);
    expect(await store.matches(ada)).toEqual([]);
  });

  test('a link is kept with its evidence, once', async () => {
    const { store } = await withAccounts(anAccount());
    expect(await store.links(ada)).toEqual([]);
    await store.link(ada, byEmail);
    await store.link(ada, { ...byEmail, at: 9999 });
    expect(await store.links(ada)).toEqual([byEmail]);
    expect(await store.links({ ...ada, subject: '18' })).toEqual([]);
    expect(await store.history('wiki', 'link', 'ada')).toMatchObject([
      { old: undefined, new: { identity: 'https://login.acme.test|17', method: 'email', evidence: { email: 'ada@acme.test' } } },
    ]);
  });

  test('a link to an account that is inactive, unknown, ambiguous or without that e-mail is refused', async () => {
    const { store } = await withAccounts(
      anAccount({ active: false }),
      anAccount({ id: 'eve' }),
      anAccount({ id: 'twin a', emails: ['twin@acme.test'] }),
      anAccount({ id: 'twin b', emails: ['twin@acme.test'] }),
    );
    const refused = { code: 'conflict' };
    await expect(store.link(ada, byEmail)).rejects.toMatchObject(refused);
    await expect(store.link(ada, { ...byEmail, account: 'nobody' })).rejects.toMatchObject(refused);
    await expect(store.link(ada, { ...byEmail, source: 'nowhere' })).rejects.toMatchObject(refused);
    await expect(store.link(ada, { ...byEmail, account: 'eve' })).rejects.toMatchObject(refused);
    await expect(store.link(ada, { ...byEmail, account: 'eve', evidence: { email: '' } })).rejects.toMatchObject(refused);
    await expect(store.link(ada, { ...byEmail, account: 'twin a', evidence: { email: 'twin@acme.test' } })).rejects.toMatchObject(
      refused,
    );
    expect(await store.links(ada)).toEqual([]);
  });

  test.each([
    ['loses the e-mail it was made on', anAccount({ emails: ['ada@elsewhere.test'] })],
    ['becomes inactive', anAccount({ active: false })],
  ])('a link ends when its account %s, and does not come back', async (_reason, account) => {
    const { store } = await withAccounts(anAccount());
    await store.link(ada, byEmail);
    await sync(store, [{ type: 'account', account }]);
    expect(await store.links(ada)).toEqual([]);
    await sync(store, [{ type: 'account', account: anAccount() }]);
    expect(await store.links(ada)).toEqual([]);
    expect(await store.history('wiki', 'link', 'ada')).toMatchObject([
      {},
      { old: { identity: 'https://login.acme.test|17' }, new: undefined },
    ]);
  });

  test('a link ends when a whole listing no longer names its account, and outlives all that does not touch it', async () => {
    const { store } = await withAccounts(anAccount(), anAccount({ id: 'bob' }));
    await store.link(ada, byEmail);
    await sync(store, [
      { type: 'account', account: anAccount({ name: 'Ada', kind: 'guest', emails: ['ada@acme.test', 'second@acme.test'] }) },
      document(),
    ]);
    expect(await store.links(ada)).toEqual([byEmail]);
    const writer = await store.open('wiki', 'jsonl', 3000);
    await writer.write([{ type: 'listing' }, { type: 'account', account: anAccount({ id: 'bob' }) }]);
    await writer.sweep(LIMIT);
    expect(await store.links(ada)).toEqual([]);
  });
};

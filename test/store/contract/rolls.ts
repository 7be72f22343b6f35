import { expect, test } from 'vitest';

import { linkByEmail } from '../../../src/access/link.ts';
import type { Identity } from '../../../src/core/caller.ts';
import type { Account } from '../../../src/core/document.ts';
import type { CaseKind, RollQuestion } from '../../../src/store/people.ts';
import type { Store } from '../../../src/store/store.ts';
import { anAccount } from '../../support/builders.ts';
import { person, rulesFor } from '../../support/looking.ts';
import { KILLED, type MakePlace, sync } from './place.ts';

const HOUR = 3_600_000;

const decide = (who: Identity, account: string) => ({ who, source: 'wiki', account, reason: 'r', operator: 'os:root' });

const rolled = async (store: Store, given: Partial<RollQuestion> = {}) => {
  const roll = await store.roll({ source: 'wiki', ownedDomains: ['acme.test'], limit: 50, ...given });
  if (!roll) throw new Error('the source was never synced');
  return roll;
};
/** What waits, in words. */
const cases = async (store: Store, kind: CaseKind, given: Partial<RollQuestion> = {}) =>
  (await rolled(store, given)).cases[kind].listed.map(({ account, standing, accounts, people }) =>
    [account, standing, ...accounts, ...people].join(' '),
  );

/** Who is known, and what waits for a person to decide. */
export const rollContract = (makePlace: MakePlace): void => {
  const withAccounts = async (...accounts: readonly Account[]) => {
    const place = await makePlace();
    const store = await place.open();
    await sync(
      store,
      accounts.map((account) => ({ type: 'account', account })),
    );
    const comes = async (who: Identity) => {
      await store.identify(who, 1000);
      await linkByEmail(store, who, rulesFor('wiki'), 1000);
    };
    return {
      place,
      store,
      comes,
      link: (who: Identity, account: string) => store.linkByHand({ ...decide(who, account), andUnlink: false }, 2000),
      unlink: (who: Identity, account: string) => store.unlink(decide(who, account), 2000),
    };
  };

  test('those who came are listed, the last seen first, and those who were only named as never seen', async () => {
    const { store, link } = await withAccounts(anAccount());
    await store.identify(person('bob'), 1000);
    await store.identify({ issuer: 'https://login.acme.test', subject: '17', email: 'ada@acme.test' }, 2 * HOUR);
    await link({ issuer: 'local', subject: 'ada@acme.test', email: 'ada@acme.test' }, 'ada');
    const known = [
      { who: 'https://login.acme.test|17', email: 'ada@acme.test', seenAt: 2 * HOUR },
      { who: 'idp|bob', email: 'bob@acme.test', seenAt: 1000 },
      { who: 'local|ada@acme.test', email: 'ada@acme.test' },
    ];
    expect(await store.identities(9)).toEqual({ total: 3, listed: known });
    expect(await store.identities(1)).toEqual({ total: 3, listed: known.slice(0, 1) });
    expect(
      (await store.identities(9, { issuer: 'x', subject: 'x', email: 'ada@acme.test' })).listed.map(({ who }) => who),
    ).toEqual(['https://login.acme.test|17', 'local|ada@acme.test']);
    expect((await store.identities(9, { issuer: 'idp', subject: 'bob' })).listed.map(({ who }) => who)).toEqual(['idp|bob']);
  });

  test('an e-mail that an issuer gives to another of its people is not remembered of the one before', async () => {
    const { store } = await withAccounts();
    await store.identify(person('ada'), 1000);
    await store.identify({ issuer: 'elsewhere', subject: 'ada', email: 'ada@acme.test' }, 1000);
    await store.identify({ issuer: 'idp', subject: 'new', email: 'ada@acme.test' }, 2000);
    expect(await store.known({ issuer: 'idp', subject: 'ada' }, 2000)).toEqual({
      identity: { issuer: 'idp', subject: 'ada' },
      due: false,
    });
    expect(await store.known({ issuer: 'elsewhere', subject: 'ada' }, 2000)).toMatchObject({
      identity: { email: 'ada@acme.test' },
    });
  });

  test('an active account that nobody is linked to says why, and an inactive one says nothing', async () => {
    const { store, comes, unlink } = await withAccounts(
      anAccount(),
      anAccount({ id: 'bob' }),
      anAccount({ id: 'eve', emails: ['eve@other.test'] }),
      anAccount({ id: 'gone', active: false }),
      anAccount({ id: 'nil', emails: [] }),
      anAccount({ id: 'zoe', emails: ['zoe@acme.test', 'zoe@other.test'] }),
    );
    await comes(person('ada'));
    await unlink(person('zoe'), 'zoe');
    expect(await cases(store, 'unmatched')).toEqual(['bob linkable', 'eve foreign', 'nil withoutEmail', 'zoe refused']);
    const { active, standings, links } = await rolled(store);
    expect(active).toBe(5);
    expect(standings).toMatchObject({ linked: 1, linkable: 1, foreign: 1, withoutEmail: 1, refused: 1, shared: 0, second: 0 });
    expect(links).toMatchObject({ total: 1, listed: [{ account: 'ada', method: 'email', who: { who: 'idp|ada' } }] });
  });

  test('accounts that share an e-mail are ambiguous, in one source and while both are active', async () => {
    const { store } = await withAccounts(
      anAccount(),
      anAccount({ id: 'ada2', emails: ['ada@acme.test'] }),
      anAccount({ id: 'bob' }),
      anAccount({ id: 'bob2', emails: ['bob@acme.test'], active: false }),
      anAccount({ id: 'max', emails: ['max@other.test'] }),
      anAccount({ id: 'max2', emails: ['max@other.test'] }),
    );
    await sync(store, [{ type: 'account', account: anAccount({ id: 'bob' }) }], { source: 'files' });
    expect(await cases(store, 'ambiguous')).toEqual(['ada shared ada2', 'ada2 shared ada']);
    expect(await cases(store, 'unmatched')).toEqual(['bob linkable', 'max foreign', 'max2 foreign']);
  });

  test('a second account with an e-mail that is linked conflicts with the first, and changes nothing', async () => {
    const { store, comes, link, unlink } = await withAccounts(anAccount(), anAccount({ id: 'old', emails: ['bob@other.test'] }));
    await comes(person('ada'));
    await link(person('bob'), 'old');
    await sync(store, [
      { type: 'account', account: anAccount({ id: 'ada2', emails: ['ada@acme.test'] }) },
      { type: 'account', account: anAccount({ id: 'bob' }) },
    ]);
    await comes(person('ada'));
    expect(await cases(store, 'conflicting')).toEqual(['ada2 second ada', 'bob second old']);
    expect(await store.links(person('ada'))).toMatchObject([{ account: 'ada' }]);
    await unlink(person('ada'), 'ada2');
    await link(person('bob'), 'bob');
    expect(await cases(store, 'conflicting')).toEqual([]);
    expect(await cases(store, 'unmatched')).toEqual(['ada2 refused']);
  });

  test('an account conflicts that two people are linked to, and one given by hand whose e-mail another carries', async () => {
    const { store, comes, link } = await withAccounts(
      anAccount({ id: 'both', emails: ['ada@acme.test', 'bob@acme.test'] }),
      anAccount({ id: 'zoe' }),
    );
    await comes(person('ada'));
    await comes({ ...person('ada'), issuer: 'local' });
    expect(await cases(store, 'conflicting')).toEqual([]);
    await comes(person('bob'));
    expect(await cases(store, 'conflicting')).toEqual(['both twoPeople idp|ada idp|bob local|ada']);
    await link({ issuer: 'idp', subject: 'new' }, 'zoe');
    expect(await cases(store, 'conflicting')).toHaveLength(1);
    await comes(person('zoe'));
    expect(await store.links(person('zoe'))).toEqual([]);
    expect(await cases(store, 'conflicting')).toEqual([
      'both twoPeople idp|ada idp|bob local|ada',
      'zoe claimed idp|new idp|zoe',
    ]);
  });

  test('of somebody only what has to do with them is listed, and what is counted is counted whole', async () => {
    const { store, comes } = await withAccounts(
      anAccount(),
      anAccount({ id: 'bob' }),
      anAccount({ id: 'may', emails: ['may@acme.test'] }),
      anAccount({ id: 'may2', emails: ['may@acme.test'] }),
      anAccount({ id: 'nil', emails: [] }),
    );
    await comes(person('ada'));
    await comes(person('may'));
    const of = async (name: string) => {
      const { links, cases: found, standings } = await rolled(store, { who: person(name) });
      expect(standings).toMatchObject({ linked: 1, linkable: 1, shared: 2, withoutEmail: 1 });
      return [links.listed, found.unmatched.listed, found.ambiguous.listed].map((some) => some.map(({ account }) => account));
    };
    expect(await of('ada')).toEqual([['ada'], [], []]);
    expect(await of('bob')).toEqual([[], ['bob'], []]);
    expect(await of('may')).toEqual([[], [], ['may', 'may2']]);
    expect(await of('nobody')).toEqual([[], [], []]);
    const { cases: ofSubject } = await rolled(store, { who: { issuer: 'idp', subject: 'may' } });
    expect(ofSubject.ambiguous.total).toBe(2);
  });

  test('so many of each are listed as are asked for', async () => {
    const { store } = await withAccounts(...['a', 'b', 'c'].map((id) => anAccount({ id, emails: [] })));
    const { active, cases: found } = await rolled(store, { limit: 2 });
    expect([active, found.unmatched.total, found.unmatched.listed.map(({ account }) => account)]).toEqual([3, 3, ['a', 'b']]);
  });

  test('a source that was never synced has no roll, and one that is being written says so', async () => {
    const { place, store } = await withAccounts(anAccount());
    const question = { ownedDomains: ['acme.test'], limit: 1 };
    expect(await store.roll({ ...question, source: 'files' })).toBeUndefined();
    expect(await rolled(store)).toMatchObject({ running: false });
    await (await place.open(KILLED)).open('wiki', 'jsonl', 3000);
    expect(await rolled(store)).toMatchObject({ running: true });
  });
};

import { describe, expect, test } from 'vitest';

import { linkByEmail, linksDue } from '../../src/access/link.ts';
import type { Identity } from '../../src/core/caller.ts';
import type { Account } from '../../src/core/document.ts';
import type { Write } from '../../src/store/store.ts';
import { anIndex } from '../support/an-index.ts';
import { asking, ids } from '../support/asking.ts';
import { anAccount, only } from '../support/builders.ts';
import { person, rulesFor, shown } from '../support/looking.ts';
import { document } from '../support/new-document.ts';

const RULES = rulesFor('wiki', 'files');
const ADA = person('ada');

/** An index whose sources said these things, in which people come and look. */
const saying = async (wiki: readonly Write[], files: readonly Write[] = []) => {
  const index = await anIndex();
  await index.sync('wiki', wiki);
  await index.sync('files', files);
  let clock = 0;
  return {
    ...index,
    told: (...accounts: readonly Account[]) =>
      index.sync(
        'wiki',
        accounts.map((told) => ({ type: 'account', account: told })),
      ),
    /** Comes, is linked where that may be, and sees these documents. */
    sees: async (as: Identity): Promise<string[]> => {
      clock += 1;
      await linkByEmail(index.store, await index.store.identify(as, clock), RULES, clock);
      return shown(index, { as, rules: RULES });
    },
    accounts: async (as: Identity) => (await index.store.links(as)).map(({ source, account }) => `${source}:${account}`),
  };
};

const account = (given: Partial<Account> = {}): Write => ({ type: 'account', account: anAccount(given) });
const decision = { source: 'wiki', account: 'ada', reason: 'r', operator: 'os:root' };

describe('an e-mail that passes to somebody else', () => {
  const WIKI: readonly Write[] = [
    account({ id: 'old', emails: ['ada@acme.test'] }),
    { type: 'members', group: 'board', members: ['user:old'] },
    document({ key: 'board', acl: only('group:board') }),
    document({ key: 'own', acl: only('user:old') }),
  ];

  test('with a new account brings nothing of the old one, and leaves nothing to whoever had it', async () => {
    const { sees, told, accounts, store } = await saying(WIKI);
    expect(await sees(ADA)).toEqual(['wiki:board', 'wiki:own']);
    await told(
      anAccount({ id: 'old', emails: ['ada@acme.test'], active: false }),
      anAccount({ id: 'new', emails: ['ada@acme.test'] }),
    );
    const successor: Identity = { issuer: 'idp', subject: '2', email: 'ada@acme.test' };
    expect(await sees(successor)).toEqual([]);
    expect(await accounts(successor)).toEqual(['wiki:new']);
    const before: Identity = { issuer: 'idp', subject: 'ada' }; // as the owner names them, who is given what is remembered
    expect(await store.known(before, 9e9)).toMatchObject({ identity: before });
    expect(await sees(before)).toEqual([]);
    expect(await accounts(before)).toEqual([]);
  });

  test('brings nothing of a manual link to an account that another account took the place of', async () => {
    const { sees, told, store } = await saying(WIKI);
    await store.linkByHand({ ...decision, who: ADA, account: 'old', andUnlink: false }, 1);
    expect(await sees(ADA)).toEqual(['wiki:board', 'wiki:own']);
    await told(
      anAccount({ id: 'old', emails: ['ada@acme.test'], active: false }),
      anAccount({ id: 'new', emails: ['ada@acme.test'] }),
    );
    expect(await sees({ issuer: 'idp', subject: '2', email: 'ada@acme.test' })).toEqual([]);
  });

  test('on the same account takes that account from whoever had it', async () => {
    const { sees, told, accounts } = await saying(WIKI);
    await sees(ADA);
    await told(anAccount({ id: 'old', emails: ['bob@acme.test'] }));
    expect(await sees(ADA)).toEqual([]);
    expect(await sees(person('bob'))).toEqual(['wiki:board', 'wiki:own']);
    expect(await accounts(ADA)).toEqual([]);
  });

  test('at the provider alone changes no link: two people are on one account, and that is for a person to decide', async () => {
    const { sees, accounts, store } = await saying(WIKI);
    await sees(ADA);
    const successor: Identity = { issuer: 'idp', subject: '2', email: 'ada@acme.test' };
    await sees(successor);
    expect([await accounts(ADA), await accounts(successor)]).toEqual([['wiki:old'], ['wiki:old']]);
    const roll = await store.roll({ source: 'wiki', ownedDomains: ['acme.test'], limit: 9 });
    expect(roll?.cases.conflicting.listed).toMatchObject([
      { account: 'old', standing: 'twoPeople', people: ['idp|2', 'idp|ada'] },
    ]);
  });
});

describe('one person', () => {
  test('whom two issuers vouch for by one e-mail is linked as both', async () => {
    const { sees, accounts } = await saying([account(), document({ acl: only('user:ada') })]);
    const signedIn = { ...ADA, issuer: 'https://login.acme.test', subject: '17' };
    expect([await sees(ADA), await sees(signedIn)]).toEqual([['wiki:plan'], ['wiki:plan']]);
    expect([await accounts(ADA), await accounts(signedIn)]).toEqual([['wiki:ada'], ['wiki:ada']]);
  });

  test('is somebody else in a source where another has the same account id', async () => {
    const { sees, accounts } = await saying(
      [account(), document({ acl: only('user:ada') })],
      [account({ emails: ['bob@acme.test'] }), document({ acl: only('user:ada') })],
    );
    expect([await sees(ADA), await sees(person('bob'))]).toEqual([['wiki:plan'], ['files:plan']]);
    expect([await accounts(ADA), await accounts(person('bob'))]).toEqual([['wiki:ada'], ['files:ada']]);
  });

  test('is a guest in one source and a member in another', async () => {
    const both = [document({ key: 'all', acl: only('everyone') }), document({ key: 'own', acl: only('user:ada') })];
    const { sees } = await saying([account({ kind: 'guest' }), ...both], [account(), ...both]);
    expect(await sees(ADA)).toEqual(['files:all', 'files:own', 'wiki:own']);
  });

  test('whose account was deactivated and is active again is linked anew when they come, and not before', async () => {
    const { sees, told, accounts } = await saying([account(), document({ acl: only('user:ada') })]);
    await sees(ADA);
    await told(anAccount({ active: false }));
    expect(await sees(ADA)).toEqual([]);
    await told(anAccount());
    expect(await accounts(ADA)).toEqual([]);
    expect(await sees(ADA)).toEqual(['wiki:plan']);
  });
});

describe('what a person decided', () => {
  test('beats an e-mail: an account given to one is not another’s by an e-mail it carries', async () => {
    const { sees, accounts, store } = await saying([account({ emails: ['bob@acme.test'] })]);
    await store.linkByHand({ ...decision, who: ADA, andUnlink: false }, 1);
    await sees(person('bob'));
    expect(await accounts(person('bob'))).toEqual([]);
    await store.unlink({ ...decision, who: ADA }, 2);
    await sees(person('bob'));
    expect(await accounts(person('bob'))).toEqual(['wiki:ada']);
  });

  test('does not make the other of two accounts with one e-mail the only one', async () => {
    const { sees, accounts, store } = await saying([account(), account({ id: 'ada2', emails: ['ada@acme.test'] })]);
    await store.unlink({ ...decision, who: ADA }, 1);
    await sees(ADA);
    expect(await accounts(ADA)).toEqual([]);
  });

  test('to give somebody a second account leaves them the first', async () => {
    const { sees, store } = await saying([
      account(),
      account({ id: 'bot', emails: [] }),
      document({ key: 'a', acl: only('user:ada') }),
      document({ key: 'b', acl: only('user:bot') }),
    ]);
    expect(await sees(ADA)).toEqual(['wiki:a']);
    await store.linkByHand({ ...decision, who: ADA, account: 'bot', andUnlink: false }, 1);
    expect(await sees(ADA)).toEqual(['wiki:a', 'wiki:b']);
  });

  test('holds at the next question, at a process that keeps what it decided before', async () => {
    const index = await saying([account({ emails: [] }), document({ acl: only('user:ada') })]);
    const { search } = asking(index);
    const reader = index.reader();
    const found = async () => [reader.read(({ basis }) => basis.epoch), ...ids(await search(ADA))];
    const [before] = await found();
    await index.store.linkByHand({ ...decision, who: ADA, andUnlink: false }, 1);
    const [linked, ...more] = await found();
    expect(more).toEqual(['wiki:plan']);
    expect(linked).toBeGreaterThan(Number(before));
    await index.store.unlink({ ...decision, who: ADA }, 2);
    const [unlinked, ...left] = await found();
    expect(left).toEqual([]);
    expect(unlinked).toBeGreaterThan(Number(linked)); // or what was decided before would be ranked once more
  });

  test('leaves nothing to write when they come', async () => {
    const { store } = await saying([account()]);
    await store.unlink({ ...decision, who: ADA }, 1);
    expect(await linksDue(store, ADA, RULES, 2)).toEqual([]);
  });

  test('of an account in the directory is that they never were it: that it is inactive says nothing of them', async () => {
    const index = await saying([account()], [document({ acl: only('public') })]);
    const listing = async (...accounts: readonly Write[]) => {
      const writer = await index.store.open('wiki', 'test', 1);
      await writer.write([{ type: 'listing' }, ...accounts]);
      await writer.sweep({ ratio: 1, documents: 1, accept: true });
      await writer.finish({ status: 'complete', counts: { read: 0, changed: 0, deleted: 0, problems: 0 }, problems: [] }, 1);
    };
    const look = () => shown(index, { as: ADA, rules: { ...RULES, directory: 'wiki' }, now: 1 });
    await listing(account());
    await index.sees(ADA);
    expect(look()).toEqual(['files:plan']);
    await listing(account({ emails: ['gone@acme.test'], active: false }));
    expect(look()).toEqual([]);
    await index.store.unlink({ ...decision, who: ADA }, 2);
    expect(look()).toEqual(['files:plan']);
  });
});

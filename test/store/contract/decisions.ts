import { describe, expect, test } from 'vitest';

import { linkByEmail } from '../../../src/access/link.ts';
import type { Identity } from '../../../src/core/caller.ts';
import type { Account } from '../../../src/core/document.ts';
import type { LinkDecision } from '../../../src/store/people.ts';
import { anAccount } from '../../support/builders.ts';
import { rulesFor } from '../../support/looking.ts';
import { COMPLETE, KILLED, type MakePlace, sync } from './place.ts';

const ada: Identity = { issuer: 'local', subject: 'ada@acme.test', email: 'ada@acme.test' };
const signedIn: Identity = { issuer: 'https://login.acme.test', subject: '17', email: 'ada@acme.test' };
const bob: Identity = { issuer: 'local', subject: 'bob@acme.test', email: 'bob@acme.test' };
const ADA = 'local|ada@acme.test';
const SIGNED_IN = 'https://login.acme.test|17';
const BOB = 'local|bob@acme.test';
const NOTHING = { linked: [], unlinked: [], others: [] };

/** A decision about Ada and her account of the wiki. */
const decision = (given: Partial<LinkDecision> = {}): LinkDecision => ({
  who: ada,
  source: 'wiki',
  account: 'ada',
  reason: 'she told me',
  operator: 'os:root',
  andUnlink: false,
  ...given,
});

/** What a person decides about somebody and an account. */
export const decisionContract = (makePlace: MakePlace): void => {
  const withAccounts = async (...accounts: readonly Account[]) => {
    const place = await makePlace();
    const store = await place.open();
    const told = (...now: readonly Account[]) =>
      sync(
        store,
        now.map((account) => ({ type: 'account', account })),
      );
    await told(...accounts);
    const linked = async (who: Identity = ada) => (await store.links(who)).map(({ account, method }) => `${account} ${method}`);
    /** Comes, and is linked by the e-mail where that may be. */
    const comes = async (who: Identity, now = 2000) => {
      await store.identify(who, now);
      await linkByEmail(store, who, rulesFor('wiki', 'files'), now);
      return linked(who);
    };
    return { place, store, told, linked, comes };
  };

  describe('to link', () => {
    test('is kept with the reason, the operator and the e-mails of that time, and is in history', async () => {
      const { store } = await withAccounts(anAccount({ emails: ['b@other.test', 'a@other.test'] }));
      expect(await store.mayLinkByHand(decision())).toEqual({ ...NOTHING, linked: [ADA] });
      expect(await store.links(ada)).toEqual([]);
      expect(await store.linkByHand(decision(), 1500)).toEqual({ ...NOTHING, linked: [ADA] });
      const evidence = { reason: 'she told me', operator: 'os:root', emails: ['a@other.test', 'b@other.test'] };
      expect(await store.links(ada)).toEqual([{ source: 'wiki', account: 'ada', method: 'manual', evidence, at: 1500 }]);
      expect(await store.history('wiki', 'link', 'ada')).toMatchObject([
        { old: undefined, new: { identity: ADA, method: 'manual', evidence, at: 1500 } },
      ]);
    });

    test('by an e-mail links everybody who is known with it, by issuer and subject that one alone', async () => {
      const { store, linked } = await withAccounts(anAccount({ emails: [] }), anAccount({ id: 'second', emails: [] }));
      await store.identify(signedIn, 1000);
      expect(await store.linkByHand(decision(), 1500)).toEqual({ ...NOTHING, linked: [SIGNED_IN, ADA] });
      const { email: _, ...alone } = signedIn;
      expect(await store.linkByHand(decision({ who: alone, account: 'second' }), 1500)).toEqual({
        ...NOTHING,
        linked: [SIGNED_IN],
      });
      expect(await linked(signedIn)).toEqual(['ada manual', 'second manual']);
      expect(await linked()).toEqual(['ada manual']);
    });

    test('an account that an e-mail linked already says from then on who decided it', async () => {
      const { store, comes } = await withAccounts(anAccount());
      expect(await comes(ada)).toEqual(['ada email']);
      await store.linkByHand(decision(), 3000);
      expect(await store.links(ada)).toMatchObject([{ method: 'manual', at: 3000 }]);
      expect(await store.history('wiki', 'link', 'ada')).toMatchObject([
        { new: { method: 'email' } },
        { old: { method: 'email' }, new: { method: 'manual' } },
      ]);
    });

    test.each([
      ['that is not there', { account: 'nobody' }, 'not_found', /no account nobody in "wiki".*castellan identity list wiki/u],
      ['of a source that is not there', { source: 'nowhere' }, 'not_found', /no account ada in "nowhere"/u],
      ['that is inactive', { account: 'gone' }, 'conflict', /is inactive/u],
    ])('an account %s is refused, with what to do', async (_, given, code, message) => {
      const { store } = await withAccounts(anAccount(), anAccount({ id: 'gone', active: false }));
      for (const deciding of [store.mayLinkByHand(decision(given)), store.linkByHand(decision(given), 1)]) {
        await expect(deciding).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
      }
      expect(await store.identities(9)).toEqual({ total: 0, listed: [] });
    });

    test('an account of a source that is being written, or was when its process died, is refused', async () => {
      const { place, store, linked } = await withAccounts(anAccount());
      const writer = await store.open('wiki', 'jsonl', 2000);
      await expect(store.linkByHand(decision(), 1)).rejects.toMatchObject({ code: 'conflict' });
      await writer.finish(COMPLETE, 2001);
      await (await place.open(KILLED)).open('wiki', 'jsonl', 3000);
      await expect(store.linkByHand(decision(), 1)).rejects.toMatchObject({ code: 'conflict' });
      expect(await linked()).toEqual([]);
    });

    test('an account of somebody else is refused unless it is taken from them, and then stays taken', async () => {
      const { store, linked, comes } = await withAccounts(anAccount({ emails: ['bob@acme.test'] }));
      expect(await comes(bob)).toEqual(['ada email']);
      const refused = { code: 'conflict', message: expect.stringMatching(/linked to local\|bob@acme\.test\. .*--and-unlink/u) };
      await expect(store.mayLinkByHand(decision())).rejects.toMatchObject(refused);
      await expect(store.linkByHand(decision(), 1)).rejects.toMatchObject(refused);
      expect(await linked(bob)).toEqual(['ada email']);
      expect(await store.linkByHand(decision({ andUnlink: true }), 1500)).toEqual({ ...NOTHING, linked: [ADA], unlinked: [BOB] });
      expect(await comes(bob, 9000)).toEqual([]);
      expect(await linked()).toEqual(['ada manual']);
      await store.unlink(decision(), 9001);
      expect(await comes(bob, 9002)).toEqual([]);
    });

    test('somebody with the same e-mail is not somebody else', async () => {
      const { store, comes } = await withAccounts(anAccount());
      expect(await comes(signedIn)).toEqual(['ada email']);
      await store.linkByHand(decision({ who: { issuer: 'local', subject: 'ada@acme.test', email: 'ada@acme.test' } }), 1);
      expect(await comes(signedIn)).toEqual(['ada manual']);
    });
  });

  describe('a link by hand', () => {
    test.each([
      ['loses one e-mail of several', { emails: ['second@acme.test'] }, ['ada manual']],
      ['gets another', { emails: ['ada@acme.test', 'second@acme.test', 'third@acme.test'] }, ['ada manual']],
      ['becomes a guest', { kind: 'guest' as const, emails: ['ada@acme.test', 'second@acme.test'] }, ['ada manual']],
      ['loses all e-mails it had', { emails: ['bob@acme.test'] }, []],
      ['becomes inactive', { active: false, emails: ['ada@acme.test', 'second@acme.test'] }, []],
    ])('stands or ends when its account %s', async (_, given, left) => {
      const { store, told, linked } = await withAccounts(anAccount({ emails: ['ada@acme.test', 'second@acme.test'] }));
      await store.linkByHand(decision(), 1500);
      await told(anAccount(given));
      expect(await linked()).toEqual(left);
    });

    test('to an account without any e-mail stands when that gets theirs', async () => {
      const { store, told, linked } = await withAccounts(anAccount({ emails: [] }));
      await store.linkByHand(decision(), 1500);
      await told(anAccount());
      expect(await linked()).toEqual(['ada manual']);
    });

    test('to an account without any e-mail ends when that gets those of others', async () => {
      const { store, told, linked } = await withAccounts(anAccount({ emails: [] }));
      await store.linkByHand(decision(), 1500);
      await told(anAccount({ emails: ['bob@acme.test'] }));
      expect(await linked()).toEqual([]);
    });

    test('does not come back with its account; an e-mail may link it anew', async () => {
      const { store, told, linked, comes } = await withAccounts(anAccount(), anAccount({ id: 'x', emails: [] }));
      await store.linkByHand(decision(), 1500);
      await store.linkByHand(decision({ account: 'x' }), 1500);
      await told(anAccount({ active: false }), anAccount({ id: 'x', emails: [], active: false }));
      await told(anAccount(), anAccount({ id: 'x', emails: [] }));
      expect(await linked()).toEqual([]);
      expect(await comes(ada)).toEqual(['ada email']);
    });
  });

  describe('to unlink', () => {
    test('ends the link and keeps the e-mail from making it again, until it is linked by hand', async () => {
      const { store, linked, comes } = await withAccounts(anAccount());
      await comes(ada);
      expect(await store.mayUnlink(decision())).toEqual({ ...NOTHING, unlinked: [ADA] });
      expect(await linked()).toEqual(['ada email']);
      expect(await store.unlink(decision(), 3000)).toEqual({ ...NOTHING, unlinked: [ADA] });
      expect(await comes(ada, 9e9)).toEqual([]);
      expect(await store.matches(ada)).toMatchObject([{ account: 'ada', barred: true }]);
      expect(await store.history('wiki', 'link', 'ada')).toMatchObject([
        {},
        { old: { identity: ADA, method: 'email' }, new: undefined },
      ]);
      await store.linkByHand(decision(), 4000);
      expect(await linked()).toEqual(['ada manual']);
      expect(await store.matches(ada)).toMatchObject([{ account: 'ada', barred: false }]);
    });

    test('by an e-mail unlinks everybody who is known with it, and whoever comes with it later', async () => {
      const { store, comes } = await withAccounts(anAccount());
      await comes(ada);
      expect(await store.unlink(decision(), 3000)).toEqual({ ...NOTHING, unlinked: [ADA] });
      expect(await comes(signedIn)).toEqual([]);
      await expect(
        store.link(signedIn, { source: 'wiki', account: 'ada', method: 'email', evidence: { email: 'ada@acme.test' }, at: 1 }),
      ).rejects.toMatchObject({ code: 'conflict' });
    });

    test('by an e-mail unlinks whoever was linked by it and has another now', async () => {
      const { store, comes, linked } = await withAccounts(anAccount());
      await comes(signedIn);
      await store.identify({ ...signedIn, email: 'lovelace@acme.test' }, 5000);
      expect(await store.unlink(decision(), 6000)).toEqual({ ...NOTHING, unlinked: [SIGNED_IN] });
      expect(await linked(signedIn)).toEqual([]);
    });

    test('by an e-mail keeps them apart also when they share another with the account', async () => {
      const { store, comes } = await withAccounts(anAccount({ emails: ['ada@acme.test', 'lovelace@acme.test'] }));
      const renamed = { ...signedIn, email: 'lovelace@acme.test' };
      await comes(signedIn);
      await store.unlink(decision(), 3000);
      expect(await comes(renamed, 4000)).toEqual([]);
      await store.linkByHand(decision({ who: renamed }), 5000);
      expect(await store.matches(renamed)).toMatchObject([{ barred: false }]);
    });

    test('by issuer and subject unlinks that one alone, and says who is left', async () => {
      const { store, comes } = await withAccounts(anAccount());
      await comes(signedIn);
      await comes(ada);
      const { email: _, ...alone } = signedIn;
      expect(await store.unlink(decision({ who: alone }), 3000)).toEqual({ linked: [], unlinked: [SIGNED_IN], others: [ADA] });
      expect(await comes(signedIn, 4000)).toEqual([]);
      expect(await comes(ada, 4000)).toEqual(['ada email']);
    });

    test('who is not linked keeps the e-mail from linking them', async () => {
      const { store, comes } = await withAccounts(anAccount());
      expect(await store.unlink(decision(), 1)).toEqual(NOTHING);
      expect(await comes(ada)).toEqual([]);
    });

    test('waits for no run: what it takes must not be held up', async () => {
      const { store, comes, linked } = await withAccounts(anAccount());
      await comes(ada);
      await store.open('wiki', 'jsonl', 2000);
      await store.unlink(decision(), 3000);
      expect(await linked()).toEqual([]);
    });

    test('another account, or another source, is not touched by it', async () => {
      const { store, comes } = await withAccounts(anAccount());
      await sync(store, [{ type: 'account', account: anAccount() }], { source: 'files' });
      await store.unlink(decision(), 1);
      await comes(ada);
      expect(await store.links(ada)).toMatchObject([{ source: 'files', account: 'ada', method: 'email' }]);
    });

    test('an account or an identity that is not there is refused', async () => {
      const { store } = await withAccounts(anAccount());
      const missing = { code: 'not_found' };
      await expect(store.unlink(decision({ account: 'nobody' }), 1)).rejects.toMatchObject(missing);
      await expect(store.unlink(decision({ who: { issuer: 'x', subject: 'y' } }), 1)).rejects.toMatchObject(missing);
      await expect(store.mayUnlink(decision({ who: { issuer: 'x', subject: 'y' } }))).rejects.toMatchObject(missing);
    });
  });
};

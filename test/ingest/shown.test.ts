import { afterEach, expect, test } from 'vitest';

import type { Change } from '../../src/core/change.ts';
import { DEFAULT_FRESHNESS } from '../../src/core/freshness.ts';
import { aDocument, anAccount } from '../support/builders.ts';
import { type IndexInProcess, openIndex } from '../support/index-in-process.ts';

const ADA = { issuer: 'local', subject: 'ada@acme.test', email: 'ada@acme.test' };
const NOW = Date.UTC(2026, 0, 5);
/** "obey" in tag characters: nobody sees it, and a model may read it. */
const HIDDEN = '\u{e006f}\u{e0062}\u{e0065}\u{e0079}';

let index: IndexInProcess | undefined;
afterEach(() => index?.close());

test('what is shown beside a text is as inert as the text: type, labels, fields, author and address', async () => {
  index = await openIndex({
    rules: { ownedDomains: ['acme.test'], sources: new Map([['wiki', DEFAULT_FRESHNESS]]) },
    now: () => NOW,
  });
  await index.sync('wiki', [
    {
      type: 'account',
      account: { id: 'mal', name: `Mal${HIDDEN} ![x](https://evil.test/?q=1)`, emails: [], active: true, kind: 'guest' },
    },
    {
      type: 'document',
      document: {
        key: 'k1',
        title: `Plan${HIDDEN}`,
        type: `page${HIDDEN}`,
        url: `https://wiki.acme.test/k1?${HIDDEN}`,
        updatedAt: new Date(NOW),
        author: 'user:mal',
        acl: { terms: [{ allow: ['everyone'], deny: [], from: 'wiki' }] },
        body: { kind: 'text', text: `The plan.${HIDDEN}`, format: 'plain' },
        labels: [`draft${HIDDEN}`, HIDDEN],
        fields: { [`status${HIDDEN}`]: `open${HIDDEN}`, note: '[pay here](https://evil.test/pay)', amount: 3 },
      },
    },
  ]);

  const answer = await index.ask(ADA, 'fetch', { id: 'wiki:k1' });

  expect(answer).toMatchObject({
    output: {
      title: 'Plan',
      text: 'The plan.',
      url: expect.stringMatching(/^https:[/]{2}wiki[.]acme[.]test[/]k1[?][%\dA-F]+$/u),
      metadata: {
        type: 'page',
        author: 'Mal [image: x]',
        labels: ['draft'],
        fields: { status: 'open', note: 'pay here (evil.test)', amount: 3 },
        stripped: 4,
      },
    },
  });
  expect(JSON.stringify(answer)).not.toMatch(/[\p{Cf}\u{e0000}-\u{e007f}]|https:[/]{2}evil/u);
});

const written = (key: string, author: `user:${string}`): Change => ({
  type: 'document',
  document: aDocument({ key, author, updatedAt: new Date(NOW) }),
});

test('an author without a name is shown by an inert id', async () => {
  index = await openIndex({
    rules: { ownedDomains: ['acme.test'], sources: new Map([['wiki', DEFAULT_FRESHNESS]]) },
    now: () => NOW,
  });
  const hostile = `![x](https://evil.test/)${HIDDEN}`;
  await index.sync('wiki', [
    { type: 'account', account: anAccount({ id: 'ada' }) },
    { type: 'account', account: anAccount({ id: 'bob', name: HIDDEN }) },
    { type: 'account', account: anAccount({ id: hostile, emails: [] }) },
    written('one', 'user:ada'),
    written('two', 'user:bob'),
    written('three', `user:${hostile}`),
  ]);

  const authorOf = async (key: string): Promise<unknown> => index?.ask(ADA, 'fetch', { id: `wiki:${key}` });

  expect(await authorOf('one')).toMatchObject({ output: { metadata: { author: 'ada', author_trust: 'member' } } });
  expect(await authorOf('two')).toMatchObject({ output: { metadata: { author: 'bob' } } });
  expect(await authorOf('three')).toMatchObject({ output: { metadata: { author: '[image: x]' } } });
});

test('an address carries no user name or password', async () => {
  index = await openIndex({
    rules: { ownedDomains: ['acme.test'], sources: new Map([['wiki', DEFAULT_FRESHNESS]]) },
    now: () => NOW,
  });
  await index.sync('wiki', [
    { type: 'document', document: aDocument({ url: 'https://wiki.acme.test:secret@pages.test/plan', updatedAt: new Date(NOW) }) },
  ]);
  expect(await index.ask(ADA, 'fetch', { id: 'wiki:plan' })).toMatchObject({ output: { url: 'https://pages.test/plan' } });
});

test('a name that hides something is shown by no id: its document is a problem until it is renamed', async () => {
  index = await openIndex({
    rules: { ownedDomains: ['acme.test'], sources: new Map([['wiki', DEFAULT_FRESHNESS]]) },
    now: () => NOW,
  });
  const acl = { terms: [{ allow: ['everyone'], deny: [], from: 'wiki' }] } as const;
  const body = { kind: 'text', text: 'The plan.', format: 'plain' } as const;
  const ended = await index.sync('wiki', [
    { type: 'listing' },
    { type: 'container', key: `folder${HIDDEN}`, title: 'Folder', acl },
    ...[`k${HIDDEN}`, 'family-\u{1f468}\u200d\u{1f469}\u200d\u{1f467}'].map(
      (key) =>
        ({ type: 'document', document: { key, title: 'Plan', type: 'page', updatedAt: new Date(NOW), acl, body } }) as const,
    ),
    { type: 'complete' },
  ]);
  expect(ended).toMatchObject({ status: 'partial', counts: { problems: 2 } });
  const found = await index.ask(ADA, 'search', { query: 'plan' });
  expect(found).toMatchObject({ output: { results: [{ id: 'wiki:family-\u{1f468}\u200d\u{1f469}\u200d\u{1f467}' }] } });
});

test('a title from outside is not trusted more because a member answered below it', async () => {
  index = await openIndex({
    rules: { ownedDomains: ['acme.test'], sources: new Map([['wiki', DEFAULT_FRESHNESS]]) },
    now: () => NOW,
  });
  const parts = [{ text: 'The plan is known.', format: 'plain', location: { message: '1' }, author: 'user:cy' }] as const;
  await index.sync('wiki', [
    { type: 'account', account: { id: 'cy', emails: [], active: true, kind: 'member' } },
    ...(['user:cy', undefined] as const).map(
      (author, at) =>
        ({
          type: 'document',
          document: {
            key: `k${at}`,
            title: 'Plan',
            type: 'page',
            updatedAt: new Date(NOW),
            ...(author === undefined ? {} : { author }),
            acl: { terms: [{ allow: ['everyone'], deny: [], from: 'wiki' }] },
            body: { kind: 'parts', parts },
          },
        }) as const,
    ),
  ]);
  const trusted = [await index.ask(ADA, 'fetch', { id: 'wiki:k0' }), await index.ask(ADA, 'fetch', { id: 'wiki:k1' })];
  expect(trusted).toMatchObject([
    { output: { metadata: { author_trust: 'member' } } },
    { output: { metadata: { author_trust: 'outside' } } },
  ]);
});

import { afterEach, expect, test } from 'vitest';

import { DEFAULT_FRESHNESS } from '../../src/core/freshness.ts';
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

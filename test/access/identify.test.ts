import { describe, expect, test } from 'vitest';

import { parseWho } from '../../src/access/identify.ts';
import { identifierOn } from '../../src/access/recognise.ts';
import { anIndex } from '../support/an-index.ts';
import { anAccount } from '../support/builders.ts';
import { rulesFor } from '../support/looking.ts';

describe('who', () => {
  test('an e-mail is vouched for by whoever owns the data folder', () => {
    const ada = { issuer: 'local', subject: 'ada@acme.test', email: 'ada@acme.test' };
    expect(parseWho('ada@acme.test')).toEqual(ada);
    expect(parseWho('  Ada@ACME.test ')).toEqual(ada);
  });

  test('issuer|subject is taken as it stands, and brings no e-mail', () => {
    expect(parseWho('https://id.acme.test/|auth0|17')).toEqual({ issuer: 'https://id.acme.test/', subject: 'auth0|17' });
    expect(parseWho('local|ada@acme.test')).toEqual({ issuer: 'local', subject: 'ada@acme.test' });
  });

  test.each([
    ['nothing', ''],
    ['blanks', '   '],
    ['a bare name', 'ada'],
    ['an e-mail without a domain', 'ada@'],
    ['two people', 'ada@acme.test bob@acme.test'],
    ['a control character', 'ada@acme.test\u0000'],
    ['a subject without an issuer', '|17'],
    ['an issuer without a subject', 'https://id.acme.test/|'],
    ['a control character in a subject', 'idp|a\nb'],
    ['a name longer than any', `idp|${'a'.repeat(1001)}`],
    ['an e-mail longer than any', `${'a'.repeat(1001)}@acme.test`],
  ])('%s is refused', (_, who) => {
    expect(() => parseWho(who)).toThrow(
      expect.objectContaining({ code: 'invalid_input', message: expect.stringContaining('ada@acme.test') }),
    );
  });
});

describe('one who asks alone', () => {
  test('is given the e-mail that their issuer vouched for before only where that is asked for, and linked by it only there', async () => {
    const index = await anIndex();
    const { store } = index;
    await index.sync('wiki', [{ type: 'account', account: anAccount({ id: 'ada', emails: ['ada@acme.test'] }) }]);
    const { identify, recall } = identifierOn(store, rulesFor('wiki'), () => 5);
    const known = { issuer: 'idp', subject: '17', email: 'ada@acme.test' };
    const unsaid = parseWho('idp|17');
    expect(await recall(unsaid)).toEqual(unsaid);
    await store.identify(known, 2);
    expect(await identify(unsaid)).toEqual(unsaid);
    expect(await store.links(known)).toEqual([]);
    expect(await recall(unsaid)).toEqual(known);
    expect(await store.links(known)).toMatchObject([{ source: 'wiki', account: 'ada' }]);
  });
});

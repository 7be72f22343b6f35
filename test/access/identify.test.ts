import { describe, expect, test } from 'vitest';

import { identifyLocal, parseWho } from '../../src/access/identify.ts';
import { anIndex } from '../support/an-index.ts';

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

describe('identifying', () => {
  test('by issuer|subject finds the e-mail that the issuer vouched for before', async () => {
    const { store } = await anIndex();
    expect(await identifyLocal('idp|17', store, 1)).toEqual({ issuer: 'idp', subject: '17' });
    await store.identify({ issuer: 'idp', subject: '17', email: 'ada@acme.test' }, 2);
    expect(await identifyLocal('idp|17', store, 3)).toEqual({ issuer: 'idp', subject: '17', email: 'ada@acme.test' });
  });
});

import { afterAll, beforeAll, expect, test } from 'vitest';

import { anHttpPlace, type AnHttpPlace } from '../../support/a-http-place.ts';
import { type AnIssuer, anIssuer } from '../../support/an-issuer.ts';
import { readExpected } from '../../support/company.ts';
import { answerIn, toolCall } from '../../support/mcp-messages.ts';

const AUDIENCE = 'https://castellan.acme.test/mcp';
const PATIENCE = 60_000;

let issuer: AnIssuer;
let place: AnHttpPlace;

beforeAll(async () => {
  issuer = await anIssuer({
    audience: AUDIENCE,
    people: [
      ...['ada', 'bob', 'carol', 'dan', 'eve', 'finn', 'gita'].map((sub) => ({ ...named(sub), email_verified: true })),
      named('kira'),
    ],
  });
  place = await anHttpPlace({ more: `identity: { mode: resource, issuer: '${issuer.issuer}', audience: '${AUDIENCE}' }` });
}, PATIENCE);

afterAll(async () => {
  await place.remove();
  await issuer.stop();
});

const named = (sub: string) => ({ sub, email: `${sub}@acme.test` });

const fetchAs = async (token: string, id: string): Promise<{ readonly status: number; readonly text: string }> => {
  const { body, headers } = toolCall('2025-11-25', 'fetch', { id });
  const response = await fetch(place.url, { method: 'POST', body, headers: { ...headers, authorization: `Bearer ${token}` } });
  return { status: response.status, text: await response.text() };
};

test('whom the company’s issuer vouches for fetches what they may see, and nothing else', { timeout: PATIENCE }, async () => {
  const asked = readExpected().fetch.filter(({ as }) => /^(?:ada|bob|carol|dan|eve|finn|gita)@/u.test(as));
  expect(asked.length).toBeGreaterThan(3);
  for (const { as, id, answer } of asked) {
    const { status, text } = await fetchAs((await issuer.signIn(as.replace('@acme.test', ''))).access_token, id);
    expect([as, id, status, text.includes('not_found')]).toEqual([as, id, 200, answer === 'not_found']);
  }
  expect(await place.audited(1)).toMatchObject([{ who: expect.stringContaining(`${issuer.issuer}|`), client: 'agent' }]);
});

test('an e-mail that nobody verified is nobody’s, and a service sees nothing that it was not given', async () => {
  const found = readExpected().fetch.find(({ answer }) => answer === 'found');
  for (const token of [(await issuer.signIn('kira')).access_token, await issuer.ofService()]) {
    const { status, text } = await fetchAs(token, found?.id ?? '');
    expect(status).toBe(200);
    expect(answerIn(text)).toMatchObject({ result: { isError: true } });
    expect(text).toContain('not_found');
  }
});

test('a token of this server’s own is refused beside an issuer, and so is an ID token', async () => {
  const { id_token: id = '' } = await issuer.signIn('ada');
  for (const token of [await place.token('ada@acme.test'), id]) expect((await fetchAs(token, 'handbook:plan')).status).toBe(401);
});

test('while the keys cannot be read the answer is to come back later', async () => {
  const lost = await anIssuer({ audience: AUDIENCE });
  const token = (await lost.signIn('ada')).access_token;
  await lost.stop();
  const other = await anHttpPlace({ more: `identity: { mode: resource, issuer: '${lost.issuer}', audience: '${AUDIENCE}' }` });
  try {
    const { body, headers } = toolCall('2025-11-25', 'fetch', { id: 'handbook:plan' });
    const response = await fetch(other.url, { method: 'POST', body, headers: { ...headers, authorization: `Bearer ${token}` } });
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([503, null]);
    expect((await fetch(`${other.origin}/readyz`)).status).toBe(503);
  } finally {
    await other.remove();
  }
});

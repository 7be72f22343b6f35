import { createHash } from 'node:crypto';

import { describe, expect, onTestFinished, test, vi } from 'vitest';

import { aWaitingWrite } from '../../support/a-waiting-write.ts';
import { ADA, aWrittenHandbook, BOB } from '../../support/a-written-handbook.ts';

vi.setConfig({ testTimeout: 60_000 });

const EVE = 'eve@acme.test';
/** The page, as a browser that sends the form would. */
const opened = async (url: string) => {
  const answer = await fetch(url);
  const text = await answer.text();
  const [, token = ''] = /name="token" value="([^"]+)"/u.exec(text) ?? [];
  return { answer, text, token };
};
const sent = async (url: string, form: Record<string, string>, headers: Record<string, string> = {}) => {
  const body = new URLSearchParams(form);
  const answer = await fetch(url, { method: 'POST', body, headers, redirect: 'manual' });
  return { status: answer.status, text: await answer.text() };
};

test('whoever has the link sees what would be written, and their yes lets it be written', async () => {
  const { link, commit, leave, place } = await aWaitingWrite();
  const url = await link();
  expect(await commit()).toMatchObject({ outcome: 'undecided' });
  const { answer, text, token } = await opened(url);
  expect(answer.status).toBe(200);
  expect(text).toContain('<del>  - Leave is ten days.</del><ins>  + Leave is twelve days.</ins>');
  expect(text).toContain(`<strong>${BOB}</strong>`);
  expect(await leave()).toBe('Leave is ten days.\n');
  expect(await sent(url, { token, decision: 'approve' })).toMatchObject({
    status: 200,
    text: expect.stringContaining('You approved it.'),
  });
  expect(await leave()).toBe('Leave is ten days.\n'); // it waits for whoever asked
  expect(await commit()).toMatchObject({ outcome: 'done' });
  expect(await leave()).toBe('Leave is twelve days.\n');
  const rows = await place.audited();
  expect(rows).toEqual(
    expect.arrayContaining([expect.objectContaining({ who: BOB, client: 'page', tool: 'decide_write', outcome: 'approved' })]),
  );
  expect(JSON.stringify(place.logged())).not.toContain(url.split('/approve/')[1]);
});

test('a no is the end of it', async () => {
  const { link, commit, leave } = await aWaitingWrite();
  const url = await link();
  const { token } = await opened(url);
  expect(await sent(url, { token, decision: 'decline' })).toMatchObject({ status: 200 });
  await expect(commit()).rejects.toThrow('said no');
  expect(await leave()).toBe('Leave is ten days.\n');
});

test('to look decides nothing, however often and in whatever way', async () => {
  const { link, commit, desk } = await aWaitingWrite();
  const url = await link();
  for (const method of ['GET', 'HEAD', 'GET']) expect((await fetch(url, { method })).status).toBe(200);
  expect((await fetch(`${url}?decision=approve&token=x`)).status).toBe(200);
  for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS']) expect((await fetch(url, { method })).status).toBe(405);
  expect(await desk.pending()).toHaveLength(1);
  expect(await commit()).toMatchObject({ outcome: 'undecided' });
});

test('of two answers at once, one counts, and none after it', async () => {
  const { link, commit } = await aWaitingWrite();
  const [bob, eve] = [await link(BOB), await link(EVE)];
  const [mine, theirs] = [await opened(bob), await opened(eve)];
  const ends = await Promise.all([
    sent(bob, { token: mine.token, decision: 'decline' }),
    sent(eve, { token: theirs.token, decision: 'approve' }),
    sent(bob, { token: mine.token, decision: 'decline' }),
  ]);
  expect(ends.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(ends.filter(({ status }) => status === 409)).toHaveLength(2);
  const over = await opened(bob);
  expect(over.answer.status).toBe(409);
  expect(over.text).not.toContain('ten days'); // what it was about is shown to nobody any more
  await commit().catch(() => undefined);
});

test.each<[string, (token: string) => Record<string, string>, Record<string, string>, number]>([
  ['no token', () => ({ decision: 'approve' }), {}, 404],
  ['another token', () => ({ token: 'x'.repeat(43), decision: 'approve' }), {}, 404],
  ['no decision', (token) => ({ token }), {}, 400],
  ['a word that is none', (token) => ({ token, decision: 'yes' }), {}, 400],
  ['a page of another site', (token) => ({ token, decision: 'approve' }), { 'sec-fetch-site': 'cross-site' }, 403],
  ['a page of a neighbour', (token) => ({ token, decision: 'approve' }), { 'sec-fetch-site': 'same-site' }, 403],
  ['another origin', (token) => ({ token, decision: 'approve' }), { origin: 'https://evil.test' }, 403],
  ['an origin that is hidden', (token) => ({ token, decision: 'approve' }), { origin: 'null' }, 403],
  ['a body that is no form', (token) => ({ token, decision: 'approve' }), { 'content-type': 'text/plain' }, 403],
  ['a form that is too large', (token) => ({ token, decision: 'approve', more: 'x'.repeat(5_000) }), {}, 413],
])('a form with %s decides nothing', async (_, form, headers, status) => {
  const { link, desk } = await aWaitingWrite();
  const url = await link();
  const { token } = await opened(url);
  expect(await sent(url, form(token), headers)).toMatchObject({ status });
  expect(await desk.pending()).toHaveLength(1);
});

test('a form of one link decides by no other', async () => {
  const { link, desk } = await aWaitingWrite();
  const [bob, eve] = [await link(BOB), await link(EVE)];
  const { token } = await opened(eve);
  expect(await sent(bob, { token, decision: 'approve' })).toMatchObject({ status: 404 });
  expect(await desk.pending()).toHaveLength(1);
});

test('what is no link is one answer, to the byte', async () => {
  const { link, place } = await aWaitingWrite();
  const url = await link();
  const base = url.slice(0, url.lastIndexOf('/') + 1);
  const secret = url.slice(base.length);
  const flip = (at: number): string => secret.slice(0, at) + (secret[at] === 'A' ? 'B' : 'A') + secret.slice(at + 1);
  const answers = new Set<string>();
  for (const other of [
    'x',
    'x'.repeat(200),
    flip(3),
    flip(60),
    flip(secret.length - 1),
    `${secret}A`,
    `${secret}=`,
    'x'.repeat(2_000),
    `${secret}/`,
  ]) {
    const answer = await fetch(base + other);
    answers.add(`${answer.status} ${await answer.text()}`);
  }
  expect([...answers]).toEqual([expect.stringMatching(/^404 .*There is nothing to decide here/su)]);
  expect((await fetch(`${place.origin}/approve`)).status).toBe(404);
});

describe('who proposed it', () => {
  test('gets no link to what somebody else must approve, by whatever name', async () => {
    const { link } = await aWaitingWrite();
    for (const who of [ADA, 'ADA@acme.test', `local|${ADA}`]) await expect(link(who)).rejects.toThrow('Somebody else');
    await expect(link('nobody at all')).rejects.toThrow('names nobody');
  });

  test('decides by a link where it only takes their own word', async () => {
    const { link, commit, leave } = await aWaitingWrite({ more: 'writes: { files.edit: confirm }\n' });
    const url = await link(ADA);
    const { token } = await opened(url);
    expect(await sent(url, { token, decision: 'approve' })).toMatchObject({ status: 200 });
    expect(await commit()).toMatchObject({ outcome: 'done' });
    expect(await leave()).toBe('Leave is twelve days.\n');
  });
});

test('whatever is written into it is text, and nothing on the page runs', async () => {
  const replace = `</pre></ins><script>alert(1)</script><form action="https://evil.test"><img src=x onerror=alert(1)>&lt;"'\u202E`;
  const { link } = await aWaitingWrite({ replace });
  const { answer, text } = await opened(await link());
  expect(text).not.toMatch(/<script|<img|evil\.test">/u);
  expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  expect(text).not.toContain('\u202E');
  expect(text.match(/<form/gu)).toHaveLength(1);
  expect(text.match(/<\/pre>/gu)).toHaveLength(1);
  const policy = answer.headers.get('content-security-policy') ?? '';
  expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-/u);
  expect(policy).toContain("frame-ancestors 'none'");
  expect(answer.headers.get('referrer-policy')).toBe('same-origin');
  expect(answer.headers.get('cache-control')).toBe('no-store');

  const [, style = ''] = /<style>(.*?)<\/style>/su.exec(text) ?? [];
  expect(policy).toContain(`'sha256-${createHash('sha256').update(style).digest('base64')}'`);
});

test('where nothing is written there is no page', async () => {
  const place = await aWrittenHandbook();
  onTestFinished(() => place.remove());
  const answer = await fetch(`${place.origin}/approve/${'x'.repeat(200)}`);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'application/json']);
});

test('whoever asks too often is told to wait', async () => {
  const { link } = await aWaitingWrite();
  const url = await link();
  const statuses = new Set<number>();
  for (let count = 0; count < 70; count += 1) statuses.add((await fetch(`${url}x`)).status);
  expect(statuses).toEqual(new Set([404, 429]));
});

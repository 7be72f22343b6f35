import { expect, test } from 'vitest';

import { jsonOf } from '../../src/core/reply-json.ts';

test('a reply in JSON is what it says, in any script', async () => {
  expect(await jsonOf(new Response('{"title":"Überblick – 計画"}'), 'GET /pages')).toEqual({ title: 'Überblick – 計画' });
});

test.each([
  ['a page for people', Buffer.from('<!doctype html><title>Sign in</title>')],
  ['UTF-16', Buffer.from('{"a":"b"}', 'utf16le')],
  ['Latin-1', Buffer.from('{"title":"Überblick"}', 'latin1')],
  ['half of it', Buffer.from('{"items":[{"id":1')],
  ['nothing', Buffer.alloc(0)],
])('%s is no JSON, and is never half understood', async (_, body) => {
  const reply = new Response(body, { headers: { 'content-type': 'text/html; charset=utf-8' } });
  await expect(jsonOf(reply, 'GET /pages')).rejects.toMatchObject({
    code: 'source_changed',
    message: 'GET /pages answered with something that is no JSON in UTF-8 (text/html; charset=utf-8). Look at its address.',
  });
});

import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';

import { openDesk } from '../../src/open-desk.ts';
import type { TokenScope } from '../../src/core/caller.ts';
import { ERAS } from '../support/a-client.ts';
import { ADA, aWrittenHandbook, type AWrittenHandbook } from '../support/a-written-handbook.ts';
import { answerIn, mcpPost, type McpPost, toolCall } from '../support/mcp-messages.ts';

vi.setConfig({ testTimeout: 60_000 });

const EDIT = {
  action: 'files.edit',
  target: 'handbook:leave.md',
  input: { edits: [{ find: 'ten days', replace: 'twelve days' }] },
};
const READ_WRITE: readonly TokenScope[] = ['read', 'write'];

const aHandbook = async (more: string): Promise<AWrittenHandbook> => {
  const place = await aWrittenHandbook({ more });
  onTestFinished(() => place.remove());
  return place;
};
const leave = async (place: AWrittenHandbook): Promise<string> =>
  Buffer.from((await place.files())['leave.md'] ?? '', 'base64').toString();

/** One message, with a token of these scopes through this client. */
const post = async (
  place: AWrittenHandbook,
  { body, headers }: McpPost,
  { who = ADA, scopes = READ_WRITE, client = 'test' }: { who?: string; scopes?: readonly TokenScope[]; client?: string } = {},
): Promise<Response> => {
  const authorization = `Bearer ${await place.token(who, { scopes, client })}`;
  return fetch(place.url, { method: 'POST', body, headers: { ...headers, authorization } });
};

const challenge = (response: Response): string => response.headers.get('www-authenticate') ?? '';
const metadataOf = async (url: string) =>
  z.looseObject({ scopes_supported: z.array(z.string()) }).parse(await (await fetch(url)).json());
const result = z.object({
  result: z.looseObject({ structuredContent: z.looseObject({}).optional(), isError: z.boolean().optional() }),
});
const answered = async (response: Response) => result.parse(answerIn(await response.text())).result;

describe.each(ERAS)('in the era of %s', (era) => {
  test('whoever may only read is told which scope a write takes and where to get it, and writes with it', async () => {
    const place = await aHandbook('writes: { files.edit: auto }\n');
    const refused = await post(place, toolCall(era, 'propose_write', EDIT), { scopes: ['read'] });
    expect(refused.status).toBe(403);
    expect(challenge(refused)).toContain('error="insufficient_scope"');
    const [, scope = ''] = /scope="([^"]*)"/u.exec(challenge(refused)) ?? [];
    expect(scope.split(' ').toSorted()).toEqual(['read', 'write']);
    const [, url = ''] = /resource_metadata="([^"]*)"/u.exec(challenge(refused)) ?? [];
    expect((await metadataOf(url)).scopes_supported).toEqual(['read', 'write']);
    expect(await leave(place)).toBe('Leave is ten days.\n');

    const { structuredContent: proposed } = await answered(await post(place, toolCall(era, 'propose_write', EDIT)));
    const { confirmation } = z.looseObject({ confirmation: z.string() }).parse(proposed);
    const without = await post(place, toolCall(era, 'commit_write', { confirmation }), { scopes: ['read'] });
    expect([without.status, await leave(place)]).toEqual([403, 'Leave is ten days.\n']);
    const made = await answered(await post(place, toolCall(era, 'commit_write', { confirmation })));
    expect(made.structuredContent).toMatchObject({ outcome: 'done', found: false });
    expect(await leave(place)).toBe('Leave is twelve days.\n');
  });

  test.each([
    ['nothing is configured', ''],
    ['another action is', 'writes: { postgres.insert_row: auto }\n'],
    ['it is forbidden', 'writes: { default: auto, files.edit: forbid, files.create: forbid }\n'],
    ['its clients may not write', 'writes: { default: auto }\nclients: { test: { ids: [cli], writes: forbid } }\n'],
  ])('nothing is listed, proposed or committed where %s', async (_, more) => {
    const place = await aHandbook(more);
    const confirmation = 'A'.repeat(64);
    const listed = JSON.stringify(await answered(await post(place, mcpPost(era, { method: 'tools/list' }))));
    expect(listed).toContain('"search"');
    expect(listed).not.toMatch(/"name":"(?:propose|commit)_write"/u);
    const sources = JSON.stringify(await answered(await post(place, toolCall(era, 'list_sources', {}))));
    expect(sources).not.toContain('"writes"');
    for (const call of [toolCall(era, 'propose_write', EDIT), toolCall(era, 'commit_write', { confirmation })]) {
      const text = await (await post(place, call)).text();
      expect(text).toMatch(/not found|unknown/iu);
      expect(text).not.toContain('structuredContent');
    }
    const desk = await openDesk({ config: place.config, data: place.data }, place.machine);
    onTestFinished(() => desk.close());
    const { signal } = new AbortController();
    for (const [tool, input] of [
      ['propose_write', EDIT],
      ['commit_write', { confirmation }],
    ] as const) {
      expect(await desk.ask({ who: ADA, tool, input, signal })).toMatchObject({ error: expect.anything() });
    }
    expect(await leave(place)).toBe('Leave is ten days.\n');
  });
});

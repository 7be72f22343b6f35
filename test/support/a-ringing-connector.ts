import { createHmac, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { z } from 'zod';

import type { Principal } from '../../src/core/principal.ts';
import { defineConnector } from '../../src/core/connector.ts';
import { type Secret, secret } from '../../src/core/secret.ts';
import { anAccount, only } from './builders.ts';

/** What a notice board holds, in a file that nobody watches. */
export interface Board {
  readonly readers: readonly Principal[];
  /** The text of each notice, by its key. */
  readonly notices: Readonly<Record<string, string>>;
}

interface Settings {
  readonly path: string;
  readonly hook_secret?: Secret | undefined;
}

const boardSchema = z.object({
  readers: z.array(z.custom<Principal>((value) => typeof value === 'string')),
  notices: z.record(z.string(), z.string()),
});

/** A source that is polled, that brings permissions apart, and that signs what it delivers. */
export const ringing = defineConnector<Settings, number>({
  name: 'board',
  title: 'Notice board',
  settings: z.strictObject({ path: z.string(), hook_secret: secret().optional() }),
  cursor: z.number(),
  operations: [],
  hosts: () => [],
  apart: true,
  hook: {
    secret: ({ hook_secret: given }) => given,
    verify: ({ headers, body }, key) => {
      const given = Buffer.from(headers.get('x-board-signature') ?? '', 'hex');
      const made = signature(body, key);
      const id = headers.get('x-board-delivery');
      if (id === 'stumble') throw new Error('this delivery cannot be read');
      return given.length === made.length && timingSafeEqual(given, made) && id !== null ? id : undefined;
    },
  },
  async *sync({ settings, folder, due }) {
    const { readers, notices } = boardSchema.parse(JSON.parse(await readFile(resolve(folder, settings.path), 'utf8')));
    if (due.listing) yield { type: 'listing' };
    if (due.permissions) yield { type: 'account', account: anAccount({ id: 'ada' }) };
    yield { type: 'container', key: 'board', title: 'Board', acl: only(...readers) };
    for (const [key, text] of due.content ? Object.entries(notices) : []) {
      const body = { kind: 'text', text, format: 'plain' } as const;
      const acl = only('audience:board');
      yield {
        type: 'document',
        document: { key, title: key, type: 'notice', parent: 'board', updatedAt: new Date(0), acl, body },
      };
    }
    if (due.listing) yield { type: 'complete' };
    else yield { type: 'unchanged' };
    yield { type: 'checkpoint', cursor: 1 };
  },
});

const signature = (body: Uint8Array, key: string): Buffer => createHmac('sha256', key).update(body).digest();

/** A delivery as the board sends it. */
export const aDelivery = (
  id: string,
  key: string,
  body = JSON.stringify({ changed: id }),
): { readonly method: 'POST'; readonly headers: Record<string, string>; readonly body: string } => ({
  method: 'POST',
  headers: { 'x-board-delivery': id, 'x-board-signature': signature(Buffer.from(body), key).toString('hex') },
  body,
});

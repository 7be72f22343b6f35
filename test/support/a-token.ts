import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';

import { issueLocalToken } from '../../src/access/local-token.ts';
import type { TokenScope } from '../../src/core/caller.ts';
import { openKeys } from '../../src/store/keys.ts';

/** What a token says. */
export interface Bearing {
  readonly client?: string;
  readonly scopes?: readonly TokenScope[];
  readonly minutes?: number;
}

interface Signed extends Bearing {
  /** Whose key signs it. */
  readonly data: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Of the server's `/mcp`. */
  readonly audience: string;
}

/** A good token for somebody, signed with the key of a data folder. */
export const aToken = async (
  who: string,
  { data, env = {}, audience, client = 'test', scopes = READ, minutes = 5 }: Signed,
): Promise<string> => {
  const keys = await openKeys({ folder: { key: join(data, 'key') }, env, random: randomBytes });
  const request = { who, client, scopes, minutes, actor: 'os:tester', id: randomUUID(), now: Date.now() };
  return (await issueLocalToken(request, { keys: keys.tokens, audience })).token;
};

const READ: readonly TokenScope[] = ['read'];

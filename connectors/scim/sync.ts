import { z } from 'zod';

import { defineConnector } from '../../src/core/connector.ts';
import { AppError } from '../../src/core/errors.ts';
import { Secret, secret } from '../../src/core/secret.ts';

/** Far too many to be guessed, and none that a header could not carry. */
const TOKEN = /^[\u0021-\u007E]{20,1000}$/u;

/** People and groups that an identity provider pushes to `/scim/v2`. There is nothing to read: what was pushed is what holds. */
export const scim = defineConnector({
  name: 'scim',
  title: 'People and groups pushed over SCIM 2.0',
  settings: z.strictObject({
    token: secret().pipe(
      z.custom<Secret>((token) => token instanceof Secret && TOKEN.test(token.reveal()), {
        error: 'must have 20 to 1,000 characters and no blanks, as openssl rand -hex 32 makes them',
      }),
    ),
  }),
  cursor: z.strictObject({ taken_over: z.literal(true) }),
  operations: [],
  hosts: () => [],
  pushedWith: ({ token }) => token,
  sync: async function* ({ source, cursor }) {
    // The index marks it when a server has first opened it for pushing; until then another connector's people may stand there.
    if (cursor) yield { type: 'unchanged' };
    else
      yield {
        type: 'problem',
        error: new AppError('config', `Nothing can have been pushed to ${source} yet. Run: castellan serve --http`),
      };
  },
});

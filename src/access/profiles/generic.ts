import { z } from 'zod';

import { emailClaims, emailOf, type Profile, wordsOf } from './profile.ts';

/** Access tokens as RFC 9068 has them: their type alone tells them from all others. */
export const generic: Profile = {
  types: ['at+jwt'],
  read: (claims) => {
    const { data } = shape.safeParse(claims);
    if (!data) return undefined;
    const { sub: subject, client_id: client, scope } = data;
    // A client that asked for itself is its own subject (RFC 9068 §2.2).
    return { subject, client, scopes: wordsOf(scope), ...(subject === client ? {} : emailOf(data)) };
  },
};

const shape = z.object({ sub: z.string(), client_id: z.string(), scope: z.string().default(''), ...emailClaims });

import { z } from 'zod';

import { emailClaims, emailOf, type Profile, wordsOf } from './profile.ts';

/**
 * Auth0, in both dialects of its access tokens. Its ID tokens are typed like the older one, and have no `scope`.
 * A claim under a name of somebody's own (`https://acme.test/email`) is not looked at: an action may write anything there.
 */
export const auth0: Profile = {
  types: ['jwt', 'at+jwt'],
  read: (claims) => {
    const { data } = shape.safeParse(claims);
    const client = data?.azp ?? data?.client_id;
    if (!data || client === undefined) return undefined;
    const isService = data.gty === 'client-credentials' || data.sub === `${client}@clients`;
    return { subject: data.sub, client, scopes: wordsOf(data.scope), ...(isService ? {} : emailOf(data)) };
  },
};

const shape = z.object({
  sub: z.string(),
  azp: z.string().optional(),
  client_id: z.string().optional(),
  scope: z.string(),
  gty: z.unknown().optional(),
  ...emailClaims,
});

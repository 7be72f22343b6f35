import { z } from 'zod';

import { emailClaims, emailOf, type Profile } from './profile.ts';

/**
 * Okta's custom authorization servers. `sub` is the name a person signs in with, which can pass to somebody else, so `uid`
 * is who they are. Its ID tokens are typed alike, and have neither `cid` nor `scp`.
 */
export const okta: Profile = {
  types: [undefined, 'jwt', 'at+jwt'],
  read: (claims) => {
    const { data } = shape.safeParse(claims);
    if (!data) return undefined;
    const { sub, uid, cid: client, scp: scopes } = data;
    if (uid !== undefined) return { subject: uid, client, scopes, ...emailOf(data) };
    return sub === client ? { subject: sub, client, scopes } : undefined;
  },
};

const shape = z.object({
  sub: z.string(),
  uid: z.string().optional(),
  cid: z.string(),
  scp: z.array(z.string()).default([]),
  ...emailClaims,
});

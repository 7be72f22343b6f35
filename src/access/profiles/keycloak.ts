import { z } from 'zod';

import { emailClaims, emailOf, type Profile, wordsOf } from './profile.ts';

/** Keycloak types all its tokens `JWT`, and tells them apart by a claim: `Bearer`, `ID`, `Refresh`, `Logout`. */
export const keycloak: Profile = {
  types: ['jwt', 'at+jwt'],
  read: (claims) => {
    const { data } = shape.safeParse(claims);
    if (!data) return undefined;
    return { subject: data.sub, client: data.azp, scopes: wordsOf(data.scope), ...(isService(data) ? {} : emailOf(data)) };
  },
};

const shape = z.object({
  sub: z.string(),
  azp: z.string(),
  typ: z.literal('Bearer'),
  scope: z.string().default(''),
  preferred_username: z.unknown().optional(),
  clientHost: z.unknown().optional(),
  clientAddress: z.unknown().optional(),
  ...emailClaims,
});

/** A service account is a user of that name. Somebody who registers one only gives up their e-mail here. */
const isService = ({ preferred_username: name, clientHost: host, clientAddress: address }: z.infer<typeof shape>): boolean =>
  host !== undefined || address !== undefined || (typeof name === 'string' && name.startsWith('service-account-'));

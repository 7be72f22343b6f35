import { z } from 'zod';

import { type Profile, type Said, wordsOf } from './profile.ts';

/**
 * Microsoft Entra, one tenant. `sub` differs from app to app, so `oid` is who they are; the issuer is the tenant's own,
 * which `tid` must say too. ID tokens are typed alike, may be for the same audience and may carry `roles`: only `scp`,
 * which a person's access token has, and `idtyp: app`, which has to be asked for, tell access tokens from them.
 */
export const entra: Profile = {
  types: ['jwt', 'at+jwt'],
  read: (claims, issuer) => {
    const { data } = shape.safeParse(claims);
    const client = data?.azp ?? data?.appid;
    if (!data || client === undefined || new URL(issuer).pathname.split('/')[1] !== data.tid) return undefined;
    if (data.idtyp === 'app') return { subject: data.oid, client, scopes: data.roles };
    if (data.scp === undefined || (data.idtyp !== undefined && data.idtyp !== 'user')) return undefined;
    return { subject: data.oid, client, scopes: wordsOf(data.scp), ...emailOf(data) };
  },
};

const shape = z.object({
  tid: z.string().min(1),
  oid: z.string(),
  azp: z.string().optional(),
  appid: z.string().optional(),
  scp: z.string().optional(),
  idtyp: z.unknown().optional(),
  roles: z.array(z.string()).default([]),
  email: z.string().optional().catch(undefined),
  xms_edov: z.unknown().optional(),
  acct: z.unknown().optional(),
  idp: z.unknown().optional(),
  upn: z.unknown().optional(),
  preferred_username: z.unknown().optional(),
});
type Claims = z.infer<typeof shape>;

/** There is no `email_verified`. `xms_edov` says that the owner of the e-mail's domain was verified; a guest's e-mail is never ours to believe. */
const emailOf = (claims: Claims): Pick<Said, 'email'> =>
  claims.email === undefined || isGuest(claims) ? {} : { email: { address: claims.email, verified: claims.xms_edov === true } };

/** Somebody of another tenant, or of none. */
const isGuest = ({ acct, idp, tid, upn, preferred_username: name }: Claims): boolean =>
  (acct !== undefined && acct !== 0) ||
  (idp !== undefined && !(typeof idp === 'string' && idp.includes(tid))) ||
  [upn, name].some((one) => typeof one === 'string' && one.toUpperCase().includes('#EXT#'));

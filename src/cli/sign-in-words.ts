import type { Standing } from '../sources/sign-in/standing.ts';
import { said } from './said.ts';
import type { Place } from './parts.ts';
import { listed } from './words.ts';

/** A sign-in as it is called. */
export const KINDS = {
  token: 'token',
  oauth: 'OAuth',
  client_credentials: 'client credentials',
  service_account: 'service account',
} as const satisfies Record<Standing['kind'], string>;

/** How a sign-in stands, in words: `OAuth, renews itself; repo and read:org`. */
export const standingWords = (source: string, standing: Standing, place: Place): string => {
  const { kind, state, from, scopes } = standing;
  const name = KINDS[kind];
  const connect = said(place, 'connect', source);
  const granted = scopes === undefined ? '' : `; ${scopes.length === 0 ? 'no scopes' : listed(scopes)}`;
  const words = {
    given: `${name}, given${from === undefined ? '' : ` by ${from}`}`,
    connected: `${name}, ${lasts(standing)}${granted}`,
    settings: `${name}, not asked for yet: ${connect}`,
    missing: `not connected: ${connect}`,
    expired: `${name}, expired: ${connect}`,
    dead: `${name}, taken back by its provider: ${connect}`,
    unreadable: `what is kept does not open: ${connect}`,
  } as const satisfies Record<Standing['state'], string>;
  return words[state];
};

/** How long it is good for. */
export const lasts = ({ renews, expiresAt, kind }: Standing): string => {
  const until = expiresAt === undefined ? undefined : new Date(expiresAt).toISOString();
  if (renews) return until === undefined ? 'renews itself' : `renews itself, this time until ${until}`;
  if (until !== undefined) return `until ${until}`;
  return kind === 'token' ? 'until it is taken back' : 'until it is taken back, as far as was said';
};

/** A sign-in in JSON. */
export const standingJson = ({
  kind,
  state,
  from,
  connectedAt,
  expiresAt,
  renews,
  scopes,
  missing,
  beyond,
}: Standing): object => ({
  kind,
  state,
  from: from ?? null,
  connected_at: instant(connectedAt),
  expires_at: instant(expiresAt),
  renews,
  scopes: scopes ?? null,
  missing_scopes: missing,
  undeclared_scopes: beyond,
});

const instant = (at: number | undefined): string | null => (at === undefined ? null : new Date(at).toISOString());

import { z } from 'zod';

import { canonicalJson } from '../../core/canonical-json.ts';
import type { Operation } from '../../core/connector.ts';
import { AppError, unreachable } from '../../core/errors.ts';
import type { Probe, SignIn } from '../../core/sign-in.ts';
import type { CredentialRow } from '../../store/credentials.ts';
import { type EnvelopeKeys, openEnvelope, sealEnvelope } from './envelope.ts';

/** A source that signs in. */
export interface SigningSource {
  readonly name: string;
  readonly connector: { readonly name: string; readonly operations: readonly Operation[] };
  readonly hosts: readonly string[];
  readonly signIn: SignIn;
  readonly probe?: Probe;
  readonly privateNetwork: boolean;
}

/** What may be read of a credential without a key. Times are ms since 1970, by the clock of this machine. */
const factsSchema = z.strictObject({
  kind: z.enum(['token', 'oauth', 'client_credentials', 'service_account']),
  /** When somebody connected it, or when it was first got where nobody need. */
  connectedAt: z.number(),
  obtainedAt: z.number(),
  /** Of the access token. Absent: nobody said. */
  expiresAt: z.number().optional(),
  /** Whether it can be renewed without a person. */
  renews: z.boolean(),
  /** As granted. Absent: nobody said. */
  scopes: z.array(z.string()).optional(),
  /** When it was last renewed because the source refused what was not over yet. */
  refusedAt: z.number().optional(),
  /** What the provider said when it would not renew it any more: nothing is sealed then. */
  dead: z.string().optional(),
});
export type Facts = z.infer<typeof factsSchema>;

const secretsSchema = z.strictObject({ token: z.string().optional(), refresh: z.string().optional() });

/** A credential as it is kept. */
export interface Kept {
  readonly version: number;
  readonly facts: Facts;
  /** What is shown to the source: an access token, or a personal one. */
  readonly token?: string;
  readonly refresh?: string;
}

/** How a credential of one source is sealed and opened. */
export interface Keeping {
  readonly keys: EnvelopeKeys;
  readonly random: (size: number) => Uint8Array;
}

/** What may be read without a key; undefined for what nobody of us wrote. */
export const factsOf = (row: CredentialRow): Facts | undefined => {
  try {
    return factsSchema.safeParse(JSON.parse(row.facts)).data;
  } catch {
    return undefined;
  }
};

/** A credential as its row. */
export const rowOf = (source: SigningSource, { version, facts, token, refresh }: Kept, keeping: Keeping): CredentialRow => {
  const written = canonicalJson(facts);
  const secrets = JSON.stringify({ token, refresh });
  const sealed = sealEnvelope(secrets, boundTo(source, version, written), keeping);
  return { source: source.name, version, facts: written, sealed };
};

/**
 * Opens a row. One that was not made for this source as it is configured now, or with another key, is refused in one sentence;
 * undefined where another is had without a person.
 */
export const keptIn = (
  source: SigningSource,
  row: CredentialRow,
  { keys }: Pick<Keeping, 'keys'>,
): (Kept & { readonly stale: boolean }) | undefined => {
  const opened = openEnvelope(row.sealed, boundTo(source, row.version, row.facts), keys);
  const facts = opened && factsOf(row);
  if (!opened || !facts) {
    if (!needsPerson(source)) return undefined;
    throw new AppError(
      'source_rejected',
      `What is kept to sign in at ${source.name} does not open: it was made for another source or other settings, with another key, or was changed. Run: castellan connect ${source.name}`,
    );
  }
  const { token, refresh } = secretsSchema.parse(JSON.parse(opened.text));
  return {
    version: row.version,
    facts,
    ...(token !== undefined && { token }),
    ...(refresh !== undefined && { refresh }),
    stale: opened.stale,
  };
};

/** Whether it takes a person to get another one. Where it does not, what does not open is as good as not there. */
export const needsPerson = ({ signIn }: Pick<SigningSource, 'signIn'>): boolean =>
  signIn.kind === 'token' || signIn.kind === 'oauth';

/** All that a credential is good for. In another row, or after a change of where its source is, it does not open. */
const boundTo = ({ name, connector, hosts, signIn }: SigningSource, version: number, facts: string): string =>
  canonicalJson({ source: name, connector: connector.name, version, facts, hosts: hosts.toSorted(), ...placeOf(signIn) });

const placeOf = (signIn: SignIn): Record<string, string> => {
  const { kind } = signIn;
  switch (kind) {
    case 'token':
      return { kind };
    case 'oauth':
      return { kind, authorize: signIn.authorize, token: signIn.token, client: signIn.clientId };
    case 'client_credentials':
      return { kind, token: signIn.token, client: signIn.clientId };
    case 'service_account':
      return { kind, token: signIn.token, client: `${signIn.claims.iss}|${signIn.claims.sub ?? ''}` };
    default:
      return unreachable(signIn);
  }
};

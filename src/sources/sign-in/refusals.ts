import { AppError, unreachable } from '../../core/errors.ts';
import type { SigningSource } from './kept.ts';

type Named = Pick<SigningSource, 'name' | 'signIn'>;

/** What mends a sign-in that is not accepted, as a sentence. */
export const remedyOf = ({ name, signIn }: Named): string => {
  const { kind } = signIn;
  switch (kind) {
    case 'token':
      return signIn.token
        ? `Give a new one in ${settingOf(name, signIn.token.from)}, then: castellan sync ${name}`
        : connect(name);
    case 'oauth':
      return connect(name);
    case 'client_credentials':
      return `Check ${settingOf(name, signIn.clientSecret.from)} and what is granted there, then: castellan connect ${name}`;
    case 'service_account':
      return `Check ${settingOf(name, signIn.key.from)} and what is granted there, then: castellan connect ${name}`;
    default:
      return unreachable(signIn);
  }
};

const connect = (name: string): string => `Run: castellan connect ${name}`;
const settingOf = (name: string, from: string | undefined): string => from ?? `what sources.${name} names`;

/** Nobody has connected it yet. */
export const notConnected = ({ name }: Named): AppError =>
  new AppError('source_rejected', `${name} is not connected. ${connect(name)}`);

/** The provider does not renew it any more: taken back, used twice, or grown old. `reason` is its word. */
export const dead = ({ name }: Named, reason: string): AppError =>
  new AppError(
    'source_rejected',
    `${name} does not let Castellan in any more: what it signed in with is over (${reason}). ${connect(name)}`,
  );

export const ranOut = ({ name }: Named): AppError =>
  new AppError(
    'source_rejected',
    `What Castellan signed in at ${name} with has expired, and only you can renew it. ${connect(name)}`,
  );

/** The provider knows no such client, or does not grant it this. */
export const refusedSettings = (source: Named, reason: string): AppError =>
  new AppError('source_rejected', `${source.name} did not let Castellan sign in (${reason}). ${settingsRemedy(source)}`);

const settingsRemedy = (source: Named): string => {
  const { name, signIn } = source;
  if (signIn.kind !== 'oauth') return remedyOf(source);
  return `Check ${settingOf(name, signIn.clientSecret?.from)} and what is registered there, then: castellan connect ${name}`;
};

export const renewedElsewhere = ({ name }: Named, pid: number): AppError =>
  new AppError(
    'source_unavailable',
    `Process ${pid} is signing in at ${name}, and does not come to an end. It is tried again by the next run, or now: castellan sync ${name}`,
  );

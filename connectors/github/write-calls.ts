import { AppError } from '../../src/core/errors.ts';
import { path } from '../../src/core/path.ts';
import type { Account } from '../../src/core/document.ts';
import { type Caller, isRefusal } from './api.ts';
import { askFor, type Kind, PERMISSION, type Repository, understood } from './replies.ts';
import { byId, isMeant } from './repositories.ts';

/** What a person may do in a repository, each more than the one before. */
export const RIGHTS = ['none', 'read', 'triage', 'write', 'maintain', 'admin'] as const;
export type Right = (typeof RIGHTS)[number];

export const isAtLeast = (right: Right, least: Right): boolean => RIGHTS.indexOf(right) >= RIGHTS.indexOf(least);

/** What GitHub says this person may do there, now. The name may be another's by now: then they may do nothing. */
export const rightOf = async (caller: Caller, { id }: Pick<Repository, 'id'>, as: Account): Promise<Right> => {
  if (as.name === undefined) return 'none';
  const said = await askFor(caller, PERMISSION, {
    what: 'what somebody may do in the repository',
    path: path`/repositories/${id}/collaborators/${as.name}/permission`,
  });
  if (isRefusal(said)) {
    if (said.status === 404) return 'none'; // nobody of this name
    throw said.refused;
  }
  return String(said.user?.id) === as.id ? said.permission : 'none';
};

/** A repository that is read by this source, as it is now; undefined where there is none. */
export const writableRepository = async (caller: Caller, id: number): Promise<Repository | undefined> => {
  const repository = await byId(caller, id);
  if (!repository) return undefined;
  if ('error' in repository) throw repository.error;
  return isMeant(caller.settings, repository) ? repository : undefined;
};

/** A call that writes: its method, its path below the address of the settings, and what it carries. */
export interface Order {
  readonly what: string;
  readonly method: 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
}

/** What GitHub did not take, by its status: then nothing was written. */
const REFUSED = {
  400: ['invalid_input', 'GitHub did not understand it. Change it and propose it again.'],
  403: ['forbidden', 'GitHub does not let Castellan write this. Give what it signs in with the permission issues:write.'],
  404: ['not_found', 'GitHub does not have it any more, or does not let Castellan write it.'],
  409: ['conflict', 'GitHub says it conflicts with what is there. Propose it again.'],
  410: ['not_found', 'GitHub does not have it any more, or takes no issues there.'],
  413: ['too_large', 'It is more than GitHub takes. Make it shorter.'],
  422: ['invalid_input', 'GitHub did not take it as it is: a label or a person may not be there, or it was sent too often.'],
} as const satisfies Record<number, readonly [string, string]>;

const isRefused = (status: number): status is keyof typeof REFUSED => status in REFUSED;

/** Sends one order, and gives the reply. A refusal says that nothing was written; what is no answer says nothing of it. */
export const send = async ({ settings, fetch }: Caller, { what, method, path: below, body }: Order): Promise<Response> => {
  const response = await fetch(`${settings.url}${below}`, {
    method,
    headers: {
      accept: 'application/vnd.github+json',
      'user-agent': 'castellan',
      'x-github-api-version': '2022-11-28',
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
    redirect: 'manual',
  });
  const { status } = response;
  if (status >= 200 && status < 300) return response;
  await response.body?.cancel();
  if (isRefused(status)) {
    const [code, message] = REFUSED[status];
    throw new AppError(code, `${what}: ${message}`);
  }
  // It was sent on, or answered in a way that is not known: nobody can say what was done.
  throw new AppError('source_unavailable', `GitHub answered ${status} to what was to be written (${what}).`);
};

/** The same, and what it replies with, understood. A reply that is not as it should be does not undo what was written. */
export const sendFor = async <T extends object>(caller: Caller, kind: Kind<T>, order: Order): Promise<T> => {
  const response = await send(caller, order);
  const reply: unknown = await response.json().catch(() => undefined);
  const one = understood(caller, kind, reply);
  if (one instanceof AppError) throw one;
  return one;
};

import { createHash } from 'node:crypto';

import type { Audit, AuditEvent } from '../core/audit.ts';
import type { Caller } from '../core/caller.ts';
import { identityName } from '../core/caller.ts';
import { AppError, ERRORS, type ErrorCode } from '../core/errors.ts';
import { type ClientPolicy, offers } from '../core/policy.ts';
import type { AskPerson } from '../core/proposal.ts';
import type { Cursors, Tool } from '../core/tool.ts';
import type { View } from '../core/view.ts';
import { parseInput } from './input.ts';

/** How one call ended: an answer, or an error that says what to do. Nothing else ever leaves. */
export type CallResult =
  | { readonly output: unknown }
  | { readonly error: { readonly code: ErrorCode; readonly message: string; readonly retry: boolean } };

export interface CallParts {
  readonly tools: readonly Tool[];
  readonly audit: Audit;
  readonly viewOf: (caller: Caller) => View;
  readonly policyOf: (caller: Caller) => ClientPolicy;
  readonly cursors: (caller: Caller, tool: string) => (binding: unknown) => Cursors;
  readonly now: () => number;
  /** What the audit calls the rules that are decided by. */
  readonly rules?: string;
  readonly requestId: () => string;
  /** Hears of what is nobody's fault but ours, with the request it killed. */
  readonly onBug: (error: unknown, request: string) => void;
}

/**
 * Runs one tool for one caller: the only way to any of them, whatever the skin. Who is asking is resolved anew for every call.
 * `request` is its id where the skin has made one, `askPerson` how the person at the client is asked where that is possible.
 */
export type Call = (
  name: string,
  input: unknown,
  callerOf: () => Promise<Caller>,
  signal: AbortSignal,
  options?: { readonly request?: string; readonly askPerson?: AskPerson },
) => Promise<CallResult>;

/** What a reader hears of a document that is missing, and of one they may not see. */
const NOT_FOUND = 'No document with this id is visible to you. Ids come from the results of search.';

/** Builds the one path: policy → scope → parse → run on the caller's view → audit, committed → answer. */
export const createCall = (parts: CallParts): Call => {
  const tools = new Map(parts.tools.map((tool) => [tool.name, tool]));
  const secrets = new Set(parts.tools.flatMap((tool) => tool.secrets ?? []));
  return async (name, input, callerOf, signal, { request = parts.requestId(), askPerson } = {}) => {
    try {
      const asked: Asked = { tool: name, input, caller: await callerOf(), signal, request, ...(askPerson && { askPerson }) };
      const ended = await run(tools.get(name), asked, parts);
      await parts.audit.record(eventOf({ ...asked, input: withoutSecrets(input, secrets) }, ended, parts));
      return ended.result;
    } catch (error) {
      return failure(error, request, parts).result; // what is not recorded is not shown
    }
  };
};

interface Asked {
  readonly tool: string;
  readonly input: unknown;
  readonly caller: Caller;
  readonly signal: AbortSignal;
  readonly request: string;
  readonly askPerson?: AskPerson;
}

interface Ended {
  readonly result: CallResult;
  readonly audited: Pick<AuditEvent, 'documents' | 'basis' | 'outcome'>;
}

const run = async (tool: Tool | undefined, asked: Asked, parts: CallParts): Promise<Ended> => {
  const { input, caller, signal, request, askPerson } = asked;
  try {
    if (!tool) return noTool(asked, 'invalid_input');
    if (!offers(parts.policyOf(caller), tool.scope)) return noTool(asked, 'forbidden');
    if (!caller.scopes.includes(tool.scope)) throw new AppError('forbidden', `This needs the scope "${tool.scope}".`);
    const cursors = parts.cursors(caller, tool.name);
    const context = { view: parts.viewOf(caller), cursors, signal, ...(askPerson && { askPerson }) };
    const answer = await tool.run(parseInput(tool.input, input), context);
    if ('missing' in answer) {
      return {
        result: errorResult('not_found', NOT_FOUND),
        audited: { documents: [], basis: answer.basis, outcome: answer.missing },
      };
    }
    return {
      result: { output: answer.output },
      audited: { documents: answer.documents, ...(answer.basis && { basis: answer.basis }), outcome: 'answered' },
    };
  } catch (error) {
    return failure(error, request, parts);
  }
};

/** What is not offered is not there; only the audit tells that it is. */
const noTool = ({ tool }: Asked, outcome: 'invalid_input' | 'forbidden'): Ended => ({
  result: errorResult('invalid_input', `There is no tool "${tool}".`),
  audited: { documents: [], outcome },
});

/** What of an input the audit keeps, whichever tool it was given to by mistake. */
const withoutSecrets = (input: unknown, secrets: ReadonlySet<string>): unknown => {
  if (typeof input !== 'object' || input === null || !Object.keys(input).some((name) => secrets.has(name))) return input;
  return Object.fromEntries(
    Object.entries(input).map(([name, value]: [string, unknown]) => [name, secrets.has(name) ? hashOf(value) : value]),
  );
};

const hashOf = (value: unknown): string =>
  typeof value === 'string' ? `sha256:${createHash('sha256').update(value).digest('hex')}` : 'no text';

const eventOf = ({ tool, input, caller, request }: Asked, { audited }: Ended, { now, rules }: CallParts): AuditEvent => ({
  at: now(),
  request,
  who: identityName(caller.identity),
  ...(caller.actor === undefined ? {} : { actor: caller.actor }),
  ...(caller.identity.email === undefined ? {} : { email: caller.identity.email }),
  client: caller.client,
  tool,
  arguments: input,
  ...(rules === undefined ? {} : { rules }),
  ...audited,
});

const failure = (error: unknown, request: string, { onBug }: CallParts): Ended => {
  const mendable = error instanceof AppError ? error : undefined;
  if (!mendable) onBug(error, request);
  const code = mendable?.code ?? 'unavailable';
  const message =
    mendable?.message ?? `Castellan could not answer. Try again; if it stays so, tell its administrator the request ${request}.`;
  return { result: errorResult(code, message), audited: { documents: [], outcome: code } };
};

const errorResult = (code: ErrorCode, message: string): CallResult => ({ error: { code, message, retry: ERRORS[code].retry } });

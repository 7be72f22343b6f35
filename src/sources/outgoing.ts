import type { Fetch, Operation } from '../core/connector.ts';
import { AppError } from '../core/errors.ts';
import type { Notice } from '../core/notice.ts';
import type { Resolve } from './address.ts';
import { type Authorise, signedWith, type SignedHeaders } from './authorise.ts';
import { type Budget, createBudget, DEFAULT_RATE, PATIENCE, type Rate } from './budget.ts';
import { declaredCalls } from './declared.ts';
import { limitedError, rejectedError, tooLate, unavailableError } from './failures.ts';
import { createLine, type Line, type Sent } from './line.ts';
import { plain, redirectOf, withoutBody } from './redirect.ts';
import { limitOf, retryAfterOf } from './retry-after.ts';
import type { Sleep } from './sleep.ts';
import { sunsetOf } from './sunset.ts';

/** Times a call is made, where it may be repeated. */
const TRIES = 3;
/** The first pause between two of them, in ms: doubled with each, and of it a random part. */
const PAUSE = 500;
/** From the first turn of a call until its answer was read or left, in ms: whatever becomes of it, its place is free then. */
const DEADLINE = 120_000;
const REDIRECTS = 5;
/** RFC 9110 §9.2.2: these may be made again though nobody knows whether the first was. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

export interface OutgoingParts {
  /** ms since 1970. */
  readonly now: () => number;
  readonly sleep: Sleep;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly resolve: Resolve;
}

/** Who goes out, where to and what for. */
export interface Errand {
  /** The source, or what else it is for: budgets are kept, and errors told, by this name. */
  readonly name: string;
  /** With their port where it is not that of https. */
  readonly hosts: readonly string[];
  /** Undefined where whatever those hosts offer may be called: then every reply is the caller's to understand. */
  readonly operations?: readonly Operation[];
  /** Whether operations that write may be called. */
  readonly writes: boolean;
  /** Whether its hosts may be on this machine or a private network, and be spoken to without TLS. */
  readonly privateNetwork: boolean;
  readonly rate?: Rate;
  /** How often a call is made that may be repeated. */
  readonly tries?: number;
  /** Every call may be repeated, whatever its method. */
  readonly repeats?: boolean;
  /** What makes the call again later, as it stands in errors. */
  readonly again?: string;
  /** Of answers that are written while they are read, in ms: until one begins or goes on, and until it is whole. */
  readonly patience?: { readonly silence: number; readonly whole: number };
  readonly authorise?: Authorise;
  readonly notice?: (notice: Notice) => void;
}

/**
 * All that goes out goes through here. To whoever calls, a reply is a reply: 403, 404, 410, 304 and 422 are theirs to understand.
 * A call has its place among those under way until its answer was read, or left, or dropped; each attempt and each redirect takes a
 * turn of its own. What no caller could mend is an error: an undeclared host or call (`config`), a private address or a refused sign-in
 * (`source_rejected`), a limit that outlasts our patience (`source_rate_limited`), a source that fails three times, hangs, or breaks
 * off (`source_unavailable`). Errors name the declared pattern of a call and the request's id, never its address, headers or body.
 */
export interface Outgoing {
  fetchFor(errand: Errand): Fetch;
  close(): Promise<void>;
}

/** Opens the way out of this process. */
export const openOutgoing = (parts: OutgoingParts): Outgoing => {
  const line = createLine(parts);
  const budgets = new Map<string, Budget>();
  const budgetOf = ({ name, rate = DEFAULT_RATE }: Errand): Budget => {
    const budget = budgets.get(name) ?? createBudget(rate, parts);
    budgets.set(name, budget);
    return budget;
  };
  return {
    fetchFor: (errand) => governed(errand, { ...parts, line, budget: budgetOf(errand) }),
    close: () => line.close(),
  };
};

interface Governing extends OutgoingParts {
  readonly line: Line;
  readonly budget: Budget;
}

const governed = (errand: Errand, { line, budget, now, sleep, random }: Governing): Fetch => {
  const { name, hosts, operations, writes, privateNetwork, tries = TRIES, authorise, notice = () => undefined } = errand;
  const { repeats = false, again: later = `castellan sync ${name}`, patience: { whole = DEADLINE, silence } = {} } = errand;
  const known = new Set(hosts.map((host) => host.toLowerCase()));
  const declared = operations && declaredCalls(operations);

  /** What the call is called where somebody reads of it. Throws for one that may not be made. */
  const permitted = (method: string, url: URL): { readonly pattern: string; readonly operation?: Operation } => {
    if (!known.has(url.host) || (url.protocol !== 'https:' && !(url.protocol === 'http:' && privateNetwork))) {
      const where = known.has(url.host) ? `${url.host} without TLS` : url.host.slice(0, 200) || 'no host';
      throw new AppError('config', `${name}: its connector asked for ${where}, which it did not declare. Nothing was sent.`);
    }
    if (!declared) return { pattern: `${method} ${url.host}` };
    const call = declared(method, url.pathname);
    if (call && (writes || call.operation.access === 'read')) return call;
    const why = call ? 'which writes, where only reading is meant' : 'which it did not declare';
    throw new AppError('config', `${name}: its connector made a call (${method}), ${why}. Nothing was sent.`);
  };

  const turn = async (signal: AbortSignal, call = 'it asked for quiet'): Promise<void> => {
    if (!(await budget.turn(signal))) throw limitedError({ name, call, later }, budget.quietUntil);
  };

  /** One call with its redirects. They lead to declared calls alone, and take no sign-in along that they were not meant for. */
  const once = async (request: Outbound, signal: AbortSignal, own: SignedHeaders): Promise<Answered> => {
    const { redirect } = request;
    let { url, method, body, headers } = request;
    for (let redirects = 0; ; redirects += 1) {
      const { pattern: call, operation } = permitted(method, url);
      // Whatever lets us in is for where we meant to go, and for nowhere that it sends us on to.
      const signedIn = url.origin === request.url.origin ? signedWith(headers, own, { name, as: operation?.as }) : headers;
      const sent = await line.send(
        {
          url,
          method,
          headers: signedIn,
          ...(body !== undefined && { body }),
          call,
          privateNetwork,
          ...(silence && { silence }),
        },
        signal,
      );
      const { response } = sent;
      const to = redirect === 'manual' ? undefined : redirectOf(response, url);
      if (!to) return { ...sent, call };
      await response.body?.cancel();
      if (redirects === (redirect === 'error' ? 0 : REDIRECTS)) {
        throw new AppError('source_changed', `${name}: ${call} was sent on to somewhere else, more often than is followed.`);
      }
      if (to.origin !== url.origin) headers = plain(headers);
      if (response.status === 303 || (method === 'POST' && response.status < 303)) {
        method = method === 'HEAD' ? 'HEAD' : 'GET';
        body = undefined;
        headers = withoutBody(headers);
      }
      url = to;
      await turn(signal, call);
    }
  };

  const answered = async (request: Outbound, signal: AbortSignal): Promise<Sent> => {
    let renewed: SignedHeaders | undefined;
    const attempt = async (): Promise<Answered & { readonly own: SignedHeaders }> => {
      permitted(request.method, request.url); // before anybody is asked to let it in
      const own = renewed ?? (await authorise?.headers({ signal })) ?? {};
      return { own, ...(await once(request, signal, own)) };
    };
    for (let tried = 1; ; tried += 1) {
      const repeatable = (repeats || IDEMPOTENT.has(request.method)) && tried < tries;
      const again = async (at: number | undefined): Promise<void> => {
        const pause = at === undefined ? PAUSE * 2 ** (tried - 1) * random() : at - now();
        await sleep(Math.max(0, pause), signal);
        await turn(signal);
      };
      const went = await attempt().catch((error: unknown) => ({ error }));
      if ('error' in went) {
        signal.throwIfAborted();
        if (!(went.error instanceof AppError) || went.error.code !== 'source_unavailable' || !repeatable) throw went.error;
        await again(undefined);
        continue;
      }
      const { response, call, own } = went;
      const { status, headers } = response;
      const sunset = sunsetOf(headers, call);
      if (sunset) notice(sunset);
      const limited = limitOf(status, headers, now());
      const failed = status >= 500 && status !== 501;
      if (!declared || (!limited && !failed && status !== 401)) return went;
      await response.body?.cancel();
      if (limited) {
        const { at } = limited;
        if (at !== undefined) budget.rest(at);
        // What is refused for its number was not done, so it may be asked again whatever it is.
        if (tried < tries && (at ?? 0) - now() <= PATIENCE) await again(at);
        else throw limitedError({ name, call, later }, at);
      } else if (status === 401) {
        // One try more, with what was renewed.
        renewed = renewed ? undefined : await authorise?.headers({ refused: own, signal });
        if (!renewed) throw rejectedError(name, call, headers, authorise?.remedy);
        await turn(signal, call);
      } else {
        const at = retryAfterOf(headers, now());
        if (!repeatable || (at ?? 0) - now() > PATIENCE) throw unavailableError({ name, call, later, status, headers, tried });
        await again(at);
      }
    }
  };

  return async (input, init) => {
    const request = requestOf(name, input, init);
    const { method, headers, redirect, signal: given } = request;
    const body = request.body === null ? undefined : new Uint8Array(await request.arrayBuffer());
    if (budget.quietUntil - now() > PATIENCE) throw limitedError({ name, call: 'it asked for quiet', later }, budget.quietUntil);
    const leave = await budget.enter(given);
    const late = new AbortController();
    const signal = AbortSignal.any([given, late.signal]);
    let timer: NodeJS.Timeout | undefined;
    const end = (): void => {
      clearTimeout(timer);
      leave();
    };
    try {
      await turn(given);
      timer = setTimeout(() => late.abort(tooLate(name, whole)), whole);
      timer.unref();
      signal.addEventListener('abort', end, { once: true });
      const { response, over } = await answered(
        { url: new URL(request.url), method, headers, redirect, ...(body !== undefined && { body }) },
        signal,
      );
      void over.then(end);
      if (response.body) dropped.register(response.body, () => late.abort());
      return response;
    } catch (error) {
      end();
      throw error;
    }
  };
};

/** A body that nobody can read any more is cut off. */
const dropped = new FinalizationRegistry<() => void>((cut) => cut());

/** An address that is none is quoted by nobody: it may hold a secret. */
const requestOf = (name: string, input: string | URL | Request, init: RequestInit | undefined): Request => {
  try {
    return new Request(input, init);
  } catch {
    throw new AppError(
      'config',
      `${name}: its connector asked for what is no address, or one with a password in it. Nothing was sent.`,
    );
  }
};

interface Outbound {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly redirect: Request['redirect'];
  readonly body?: Uint8Array<ArrayBuffer>;
}

interface Answered extends Sent {
  readonly call: string;
}

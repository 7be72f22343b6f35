import { type Context, Hono } from 'hono';

import type { Tokens } from '../../access/token.ts';
import type { Secret } from '../../core/secret.ts';
import type { Address } from './address.ts';
import type { Asked, HttpEnv } from './asked.ts';
import type { ApproveRoute } from './approve-route.ts';
import { createBearers } from './bearer.ts';
import { encodedBody, readMessage } from './body.ts';
import { createGate } from './gate.ts';
import type { Health } from './health.ts';
import type { HookRoute } from './hook-route.ts';
import { callerName, type Limits } from './limits.ts';
import type { Log } from './log.ts';
import type { McpRoute } from './mcp-route.ts';
import type { Metrics } from './metrics.ts';
import { bearsSecret } from './operator.ts';
import { isRefusal, plainAnswer, protocolAnswer, type Refusal, SECURITY } from './refusal.ts';
import type { Refusals } from './refusals.ts';
import { type ScimRoute, scimRefusal } from './scim-route.ts';
import { untilSent } from './until-sent.ts';

export interface HttpParts {
  readonly address: Address;
  readonly allowedOrigins: readonly string[];
  /** The document that tells clients how to get a token. */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly tokens: Tokens;
  readonly limits: Limits;
  readonly mcp: McpRoute;
  /** Where a source is pushed to; absent where none is. */
  readonly scim?: ScimRoute;
  /** Where sources say that something changed. */
  readonly hooks?: HookRoute;
  /** Where somebody with a link decides about a write; absent where nothing is written. */
  readonly approvals?: ApproveRoute;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly metricsToken?: Secret;
  readonly refusals: Refusals;
  readonly log: Log;
  /** ms since 1970. */
  readonly now: () => number;
  readonly requestId: () => string;
  /** Hears of what is nobody's fault but ours, with the request it killed. */
  readonly onBug: (error: unknown, request: string) => void;
}

type Asking = Context<HttpEnv>;

/** What is said where nothing is. */
export const NOT_FOUND: Refusal = { refused: 'not_found', message: 'There is nothing here. The protocol is spoken at /mcp.' };

/** The routes of the server, and the order in which a request is looked at: host, origin, path, encoding, token, limits, body, and only then what it says. */
export const createHttpApp = (parts: HttpParts): Hono<HttpEnv> => {
  const { address, metadata, health, metrics, metricsToken, log, now, requestId, onBug } = parts;
  const routeOf = routing(parts);
  const gate = createGate(parts);
  const answerMcp = createMcpAnswer(parts);
  const app = new Hono<HttpEnv>();

  app.use(async (context, next) => {
    const { method, path } = context.req;
    const asked: Asked = { request: requestId(), startedAt: now(), method, path: routeOf(path) ?? 'other' };
    context.set('asked', asked);
    await next();
    const { status, headers } = context.res;
    for (const [name, value] of Object.entries({ ...SECURITY, 'x-request-id': asked.request })) headers.set(name, value);
    context.res = untilSent(context.res, () => {
      const ms = now() - asked.startedAt;
      metrics.answered(asked.path, status, asked.code, ms);
      log.answered(asked, status, ms);
    });
  });

  const isOperator = (context: Asking): boolean => bearsSecret(context.req.raw, metricsToken);
  // These three are asked for by address, inside a network, and say nothing without the operator's token.
  app.get(`${address.prefix}/healthz`, (context) => context.json({ live: true }));
  app.get(`${address.prefix}/readyz`, async (context) => {
    const { ready, checks } = await health.look();
    const told = isOperator(context) ? { ready, checks, sources: await health.sources() } : { ready };
    return context.json(told, ready ? 200 : 503);
  });
  app.get(`${address.prefix}/metrics`, async (context) =>
    isOperator(context)
      ? context.body(await metrics.text(), 200, { 'content-type': metrics.contentType })
      : plainAnswer(NOT_FOUND),
  );

  app.use(async (context, next) => {
    const refusal = gate.host(context.req.raw);
    return refusal ? refused(context, refusal, 'host') : next();
  });

  for (const path of address.metadata.paths) {
    app.on(['GET', 'OPTIONS'], path, (context) => {
      // Any page may read how to get a token: it says nothing that is not public.
      context.header('access-control-allow-origin', '*');
      return context.req.method === 'OPTIONS'
        ? context.body(null, 204, {
            'access-control-allow-methods': 'GET',
            'access-control-allow-headers': 'mcp-protocol-version',
          })
        : context.json(metadata);
    });
  }

  app.use(async (context, next) => {
    const refusal = gate.origin(context.req.raw);
    return refusal ? refused(context, refusal, 'origin') : next();
  });

  app.all(`${address.prefix}/mcp`, answerMcp);

  const { scim } = parts;
  if (scim) {
    const base = `${address.prefix}${SCIM}`;
    app.all(`${base}/*`, (context) =>
      scim.answer(context.req.raw, context.req.path.slice(base.length), context.var.asked, (why) => countUnknown(parts, why)),
    );
  }

  const { hooks } = parts;
  const below = `${address.prefix}${HOOKS}/`;
  if (hooks) {
    app.all(`${below}*`, (context) =>
      hooks.answer(context.req.raw, {
        name: context.req.path.slice(below.length),
        from: context.env.incoming?.socket?.remoteAddress ?? '',
        asked: context.var.asked,
        unknown: (why) => countUnknown(parts, why),
      }),
    );
  }

  const { approvals } = parts;
  const linked = `${address.prefix}${APPROVE}/`;
  if (approvals) {
    app.all(`${linked}*`, (context) =>
      approvals.answer(context.req.raw, {
        link: context.req.path.slice(linked.length),
        from: context.env.incoming?.socket?.remoteAddress ?? '',
        asked: context.var.asked,
        unknown: (why) => countUnknown(parts, why),
      }),
    );
  }

  const refused = (context: Asking, refusal: Refusal, why: string): Response => {
    context.var.asked.code = refusal.refused;
    countUnknown(parts, why);
    return ANSWERS.get(context.var.asked.path)?.(refusal) ?? plainAnswer(refusal);
  };

  app.notFound(() => plainAnswer(NOT_FOUND));
  app.onError((error, context) => {
    const { asked } = context.var;
    asked.code = 'unavailable';
    if (!context.req.raw.signal.aborted) {
      log.failed(error, asked.request);
      onBug(error, asked.request);
    }
    const message = `Castellan could not answer. Try again; if it stays so, tell its administrator the request ${asked.request}.`;
    const refusal: Refusal = { refused: 'unavailable', message, status: 500 };
    return (ANSWERS.get(asked.path) ?? protocolAnswer)(refusal);
  });
  return app;
};

/** What happens at `/mcp`, once host and origin are ours. */
const createMcpAnswer = (parts: HttpParts): ((context: Asking) => Promise<Response>) => {
  const { limits, log, mcp } = parts;
  const identify = createBearers(parts);
  return async (context) => {
    const { asked } = context.var;
    const request = context.req.raw;
    const refuse = (refusal: Refusal): Response => {
      asked.code = refusal.refused;
      return protocolAnswer(refusal);
    };

    if (request.method !== 'POST') return refuse(NOT_ALLOWED);
    const encoded = encodedBody(request);
    if (encoded) return refuse(encoded);

    const bearer = await identify(request, context.env.incoming?.socket?.remoteAddress ?? '', request.signal);
    if (isRefusal(bearer)) {
      countUnknown(parts, bearer.why);
      asked.why = bearer.because ?? bearer.why;
      return refuse(bearer);
    }
    asked.client = bearer.client;
    asked.caller = log.nameOf(bearer);

    const place = limits.enter(callerName(bearer));
    if (isRefusal(place)) return refuse(place);
    try {
      const read = await readMessage(request);
      const answer = isRefusal(read) ? refuse(read) : await mcp.answer(request, { ...read, bearer, asked });
      return untilSent(answer, place.leave);
    } catch (error) {
      place.leave();
      throw error;
    }
  };
};

const NOT_ALLOWED: Refusal = {
  refused: 'invalid_input',
  status: 405,
  message: 'Only POST is served here: there are no sessions and no streams to open.',
  headers: { allow: 'POST' },
};

const countUnknown = ({ metrics, refusals }: HttpParts, why: string): void => {
  metrics.refused(why);
  refusals.count(why);
};

const SCIM = '/scim/v2';
const HOOKS = '/hooks';
const APPROVE = '/approve';

/** How a refusal is said where plain words are not expected. */
const ANSWERS: ReadonlyMap<string, (refusal: Refusal) => Response> = new Map([
  ['/mcp', protocolAnswer],
  [SCIM, scimRefusal],
]);

/** Which of our routes a path is: what a stranger writes into a path goes into no log and no label. */
const routing = ({ address: { prefix, metadata }, scim }: HttpParts): ((path: string) => string | undefined) => {
  const routes = new Map([
    ...['/mcp', '/healthz', '/readyz', '/metrics'].map((route) => [`${prefix}${route}`, route] as const),
    ...metadata.paths.map((path) => [path, '/.well-known/oauth-protected-resource'] as const),
  ]);
  const isBelow = (path: string): boolean => path === `${prefix}${SCIM}` || path.startsWith(`${prefix}${SCIM}/`);
  return (path) => {
    for (const route of [HOOKS, APPROVE]) if (path.startsWith(`${prefix}${route}/`)) return route;
    return routes.get(path) ?? (scim && isBelow(path) ? SCIM : undefined);
  };
};

import { randomUUID } from 'node:crypto';

import { z } from 'zod';

import type { Bearer, Tokens } from '../../src/access/token.ts';
import type { AuditEvent } from '../../src/core/audit.ts';
import { AppError } from '../../src/core/errors.ts';
import { Secret } from '../../src/core/secret.ts';
import { defineTool, type Tool } from '../../src/core/tool.ts';
import type { Call } from '../../src/server/call.ts';
import { addressOf } from '../../src/server/http/address.ts';
import { createHttpApp } from '../../src/server/http/app.ts';
import { type Checks, createHealth } from '../../src/server/http/health.ts';
import { createLimits } from '../../src/server/http/limits.ts';
import { openLog } from '../../src/server/http/log.ts';
import { createMcpRoute, type McpRoute } from '../../src/server/http/mcp-route.ts';
import { metadataOf } from '../../src/server/http/metadata.ts';
import { openMetrics } from '../../src/server/http/metrics.ts';
import { openRefusals } from '../../src/server/http/refusals.ts';
import type { ScimRoute } from '../../src/server/http/scim-route.ts';
import { type McpPost, toolCall } from './mcp-messages.ts';

export const PUBLIC_URL = 'https://castellan.acme.test';
export const OPERATOR = 'the-operators-token';

export interface HttpAppOptions {
  readonly publicUrl?: string;
  readonly allowedOrigins?: readonly string[];
  readonly issuers?: readonly string[];
  readonly perMinute?: number;
  readonly atOnce?: number;
  readonly metricsToken?: string | undefined;
  readonly call?: Call;
  /** Instead of our own end of the protocol. */
  readonly mcp?: McpRoute;
  /** Where a directory is pushed to. */
  readonly scim?: ScimRoute;
  readonly tools?: readonly Tool[];
  readonly tokens?: Tokens;
  readonly checks?: Checks;
  readonly past?: boolean;
  readonly now?: () => number;
  readonly refusalsEveryMs?: number;
}

interface PlainRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

/** Says who asked and what, and nothing else. */
const sayTool = (name = 'say', scope: 'read' | 'write' = 'read') =>
  defineTool({
    name,
    title: 'Say',
    description: 'Says it.',
    input: z.strictObject({ what: z.string() }),
    output: z.object({ said: z.string() }),
    scope,
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    run: () => Promise.reject(new Error('the call is made up')),
  });

const said: Call = async (_, input, callerOf) => {
  const { identity } = await callerOf();
  return { output: { said: `${identity.subject}: ${z.object({ what: z.string() }).parse(input).what}` } };
};

/** Tokens that say what they are: `ada` may read, `ada.` and `ada.write` have other scopes, `down` cannot be checked, `bad…` is not good. */
export const plainTokens: Tokens = {
  verify: async (token): Promise<Bearer> => {
    if (token === 'down') throw new AppError('unavailable', 'The keys of https://id.acme.test cannot be read.');
    if (token.startsWith('bad'))
      throw new AppError('unauthenticated', `${token} is not good, since its signature is of somebody else.`);
    const [subject = '', scope = 'read'] = token.split('.');
    const scopes = scope === 'read' || scope === 'write' ? ([scope] as const) : [];
    return { identity: { issuer: 'test', subject }, client: 'test', scopes, expiresAt: Number.MAX_SAFE_INTEGER };
  },
};

/** The app in this process: real routes and the real protocol, with a call that is made up. */
export const anHttpApp = (given: HttpAppOptions = {}) => {
  const { publicUrl = PUBLIC_URL, now = () => Date.now(), call = said, tools = [sayTool()] } = given;
  const audited: AuditEvent[] = [];
  const lines: string[] = [];
  const bugs: unknown[] = [];
  const address = addressOf(publicUrl);
  const limits = createLimits({ perMinute: given.perMinute ?? 1000, atOnce: given.atOnce ?? 16, now });
  const metrics = openMetrics({ inFlight: () => limits.inFlight });
  const { refusalsEveryMs: everyMs } = given;
  const refusals = openRefusals({
    audit: { record: async (event) => void audited.push(event) },
    now,
    requestId: randomUUID,
    ...(everyMs === undefined ? {} : { everyMs }),
  });
  const mcp =
    given.mcp ??
    createMcpRoute({
      address,
      identify: async (identity) => identity,
      onError: () => undefined,
      call,
      toolsFor: () => tools,
      version: '0',
    });
  const metricsToken = 'metricsToken' in given ? given.metricsToken : OPERATOR;
  const app = createHttpApp({
    address,
    allowedOrigins: given.allowedOrigins ?? [],
    metadata: metadataOf({ address, issuers: given.issuers ?? [], name: 'Acme', writes: false }),
    tokens: given.tokens ?? plainTokens,
    limits,
    mcp,
    ...(given.scim ? { scim: given.scim } : {}),
    health: createHealth({ checks: given.checks ?? {}, past: async () => given.past ?? false, now }),
    metrics,
    ...(metricsToken === undefined ? {} : { metricsToken: new Secret(metricsToken) }),
    refusals,
    log: openLog({ to: { write: (line) => void lines.push(line) }, key: new Uint8Array(32) }),
    now,
    requestId: randomUUID,
    onBug: (error) => bugs.push(error),
  });
  const { host } = new URL(publicUrl);
  return {
    app,
    mcp,
    limits,
    metrics,
    refusals,
    audited,
    bugs,
    logged: () => lines.map((line): unknown => JSON.parse(line)),
    /** One request, with the right Host unless another is given. */
    request: (path: string, { headers = {}, method = 'GET', body }: PlainRequest = {}) =>
      Promise.resolve(
        app.request(
          `${new URL(publicUrl).origin}${path}`,
          { method, headers: { host, ...headers }, ...(body === undefined ? {} : { body }) },
          {},
        ),
      ),
    /** One message to `/mcp`, with a token that may be the empty one. */
    post: (token: string, { body, headers }: McpPost = SAY, more: Readonly<Record<string, string>> = {}) =>
      Promise.resolve(
        app.request(
          `${publicUrl}/mcp`,
          {
            method: 'POST',
            body,
            headers: { host, ...(token === '' ? {} : { authorization: `Bearer ${token}` }), ...headers, ...more },
          },
          {},
        ),
      ),
  };
};

/** A call of the one tool there is. */
export const SAY = toolCall('2026-07-28', 'say', { what: 'hello' });

import { availableParallelism } from 'node:os';

import { createTokens } from './access/tokens.ts';
import type { Gateway, Place } from './cli/parts.ts';
import { trustedIn } from './config/identifying.ts';
import { isLoopback, type ServerConfig } from './config/serving.ts';
import { AppError } from './core/errors.ts';
import { type Machine, openPlace } from './machine.ts';
import { openHooks } from './open-hooks.ts';
import { openPath } from './open-path.ts';
import { openScim, PUSHES } from './open-scim.ts';
import { threadsFor } from './reader/views.ts';
import { addressOf, listeningAt } from './server/http/address.ts';
import { createApproveRoute } from './server/http/approve-route.ts';
import { createHttpApp, NOT_FOUND } from './server/http/app.ts';
import { createHealth } from './server/http/health.ts';
import { createLimits } from './server/http/limits.ts';
import { listen, type Patience } from './server/http/listen.ts';
import { type LogOptions, openLog } from './server/http/log.ts';
import { createMcpRoute } from './server/http/mcp-route.ts';
import { metadataOf } from './server/http/metadata.ts';
import { openMetrics, timed } from './server/http/metrics.ts';
import { openRefusals } from './server/http/refusals.ts';
import { issuerFetch } from './sources/issuer-fetch.ts';
import { openWithdrawnTokens } from './store/withdrawn-tokens.ts';

/** What was accepted is finished in this time, in ms; then connections are cut. */
const GRACE_MS = 10_000;
/** A probe waits this long for the keys of an issuer, in ms. */
const ISSUER_MS = 2000;

export interface HttpOptions {
  readonly port?: number;
  /** Where the log goes; stderr by default. */
  readonly log?: LogOptions['to'];
  readonly patience?: Patience;
  readonly graceMs?: number;
}

/** Opens the server over HTTP: takes its port, and is ready to answer. */
export const openHttp = async (
  place: Place,
  machine: Machine,
  { port: wanted, log: to, patience, graceMs = GRACE_MS }: HttpOptions = {},
): Promise<Gateway> => {
  const opened = await openPlace(place, machine);
  const { server, identity, organisation } = opened.config;
  const { now, requestId, onBug, version } = machine;
  refuseNameless(server);
  await using parts = new AsyncDisposableStack();

  const limits = createLimits({ ...server.limits, now });
  const pushLimits = createLimits({ ...PUSHES, now });
  const metrics = parts.adopt(openMetrics({ inFlight: () => limits.inFlight + pushLimits.inFlight }), (one) => one.close());
  const path = parts.adopt(
    await openPath(opened, machine, {
      watched: (audit) => timed(audit, metrics, now),
      readers: threadsFor(availableParallelism()),
      follows: place.follows === true,
    }),
    (one) => one.close(),
  );
  const refusals = parts.adopt(openRefusals({ audit: path.audit, now, requestId }), (one) => one.close());
  const listening = parts.adopt(
    await listen({ ...server.listen, ...(wanted === undefined ? {} : { port: wanted }), ...(patience ? { patience } : {}) }),
    (one) => one.close(0),
  );

  const at = listeningAt(listening.host, listening.port);
  const address = addressOf(server.publicUrl ?? at);
  const isUnconfigured = server.publicUrl === undefined && listening.port !== server.listen.port;
  const issuers = identity.issuers.map(({ issuer }) => issuer);
  const withdrawn = openWithdrawnTokens({ folder: opened.folder.withdrawn, now });
  const tokens = createTokens({
    identity,
    audience: address.resource,
    keys: path.keys.tokens,
    isWithdrawn: (id) => withdrawn.isWithdrawn(id),
    fetch: issuerFetch(machine.outgoing, issuers),
    now,
    onRefusal: (why) => metrics.tokenRefused(why),
  });
  const log = openLog({ key: path.keys.log, ...(to ? { to } : {}) });
  const mcp = parts.adopt(
    createMcpRoute({
      address,
      identify: path.identify,
      onError: () => {}, // what a client got wrong is told to it, and counted by its status
      call: path.call,
      toolsFor: path.toolsFor,
      version,
    }),
    (one) => one.close(),
  );
  const scim = await openScim(opened, { audit: path.audit, publicUrl: address.publicUrl, machine, limits: pushLimits });
  if (scim) parts.defer(() => scim.close());
  const hooks = parts.adopt(openHooks(opened, { nothing: NOT_FOUND, now }), (one) => one.close());
  const app = createHttpApp({
    address,
    allowedOrigins: server.allowedOrigins,
    metadata: metadataOf({ address, issuers, name: organisation.name, writes: path.writable }),
    tokens,
    limits,
    mcp,
    ...(scim ? { scim: scim.route } : {}),
    hooks: hooks.route,
    ...(path.writable ? { approvals: createApproveRoute({ writes: path.writes, now }) } : {}),
    health: createHealth({
      checks: {
        index: path.readable,
        audit: path.auditable,
        issuer: () => tokens.ready(AbortSignal.timeout(ISSUER_MS)),
      },
      past: async () => (await path.overdue()).length > 0,
      now,
    }),
    metrics,
    ...(server.metricsToken ? { metricsToken: server.metricsToken } : {}),
    refusals,
    log,
    now,
    requestId,
    onBug,
  });
  const closing = parts.move();
  return {
    listening: at,
    publicUrl: address.publicUrl,
    issuers: trustedIn(identity),
    ...(scim ? { pushed: scim.pushed } : {}),
    ...(isUnconfigured ? { unconfiguredPort: listening.port } : {}),
    overdue: path.overdue,
    serve: async (signal) => {
      listening.serve((request, bindings) => app.fetch(request, bindings));
      await aborted(signal);
      await listening.close(graceMs);
    },
    close: () => closing.disposeAsync(),
  };
};

/** Who listens to others than this machine must say under which name: tokens are for it, and no other may be used. */
const refuseNameless = ({ publicUrl, listen: { host } }: ServerConfig): void => {
  if (publicUrl !== undefined || isLoopback(host) || host === '::1') return;
  throw new AppError(
    'config',
    `server.listen is ${host}, which others can reach, but server.public_url is missing. Set it to the https address they use.`,
  );
};

const aborted = async (signal: AbortSignal): Promise<void> => {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
};

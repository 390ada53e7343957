import type { RequestListener } from 'node:http';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { Hono } from 'hono';
import { accepts } from 'hono/accepts';
import { HTTPException } from 'hono/http-exception';
import { routePath } from 'hono/route';
import type { ReloadOutcome } from '../config/changes.ts';
import { StoreError, toError, WatcherError } from '../errors.ts';
import {
  type ConfigFault,
  type Health,
  healthOf,
  withConfigFault,
  withHeartbeatFault,
} from '../health/health.ts';
import type { HeartbeatFault } from '../health/heartbeat-answer.ts';
import { createFaultLog, type FaultLog } from '../logging/fault-log.ts';
import type { Logger } from '../logging/logger.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { MetricsFormat } from '../metrics/render.ts';
import type { Signals } from '../signals.ts';
import { GoneJob } from '../views/gone-job.ts';
import { AmbiguousId, UnfitId } from '../views/resolve-id.ts';
import { Unfit } from '../views/unfit.ts';
import type { WatcherStatus } from '../watcher/status.ts';
import type { ServedWitness } from '../witness/served-witness.ts';
import type { Tokens } from './access.ts';
import { type ApiDeps, addApi } from './api.ts';
import { BodyTooLarge, readBody } from './body.ts';
import { compressLong } from './compress.ts';
import { addEventStream } from './event-stream.ts';
import type { ProveJob } from './page/job/proof.ts';
import type { PagesDeps } from './page/pages.ts';
import {
  addLogin,
  addPageAssets,
  addPageRoutes,
  addProofs,
  badgeRoutes,
  formsAt,
  isAskedByBrowser,
  sendToLogin,
} from './page-routes.ts';
import { QueryFault } from './query.ts';
import { PROTECTIVE_HEADERS } from './refusal.ts';
import { isFromOwnPage, refuseStranger } from './session/own-page.ts';
import { bringsToken, roleOfRequest, viewerOf } from './session/visitor-role.ts';
import { inTurns } from './turns.ts';
import { addWitness } from './witness.ts';
import { addWrites, type WriteDeps, writesAt } from './writes.ts';

/** What the routes answer with, and who may ask. */
export interface AppDeps extends ApiDeps {
  /** Of the program, for its description. */
  version: string;
  store: ApiDeps['store'] & WriteDeps['store'] & PagesDeps['store'];
  metrics: Pick<Metrics, 'render'>;
  logger: Logger;
  /** Tell the open pages when to look. */
  signals: Pick<Signals, 'on' | 'emit'>;
  /** Aborts when the server stops. */
  closing: AbortSignal;
  /** One is demanded for everything but the bare health words; without any, whoever can connect may read. A reload may change them. */
  tokens: () => Tokens;
  /** See `BadgeRules`. */
  publicBadges: () => boolean;
  /** See `PageFacts`. */
  rtos: PagesDeps['rtos'];
  runbookUrl: PagesDeps['runbookUrl'];
  drills: PagesDeps['drills'];
  /** Where people reach the page, without a slash at its end; `null`: nobody has told. */
  publicUrl: () => string | null;
  /** Reads the configuration again; what became of it. */
  reload: () => Promise<ReloadOutcome>;
  /** See `WriteDeps`. */
  pollSoon: WriteDeps['pollSoon'];
  mutableWatches: WriteDeps['mutableWatches'];
  /** `null` while the configuration that was read last is in force. */
  configFault: () => ConfigFault | null;
  /** Proves what the audit log says of a restore. */
  proveJob: ProveJob;
  /** The witness for the logs of others; `null`: there are none. */
  witness: () => Promise<ServedWitness | null>;
  /** `null` while whoever waits for the heartbeat hears it, or there is none. */
  heartbeatFault: () => HeartbeatFault | null;
  /** A watcher that gave no sign of life for so long hangs; see `healthOf`. */
  hangingAfterMs?: number | undefined;
}

const READ_METHODS = ['GET', 'HEAD'];
/** It has no reading beside it. */
const RELOAD_PATH = '/-/reload';

/**
 * What answers requests, for a server of Node. Every answer but the metrics is JSON; every refusal is `{ error, hint }`. This file is loaded
 * apart (`routes.ts`), since it brings the whole of fetch: 50 ms that the first poll need not wait for.
 */
export function createListener(deps: AppDeps): RequestListener {
  // The package would put its own Request and Response in place of the global ones, for the channels too.
  return getRequestListener(createApp(deps).fetch, { overrideGlobalObjects: false });
}

function createApp(deps: AppDeps): Hono {
  const app = new Hono();
  const faultLog = createFaultLog(deps.logger, deps.clock);
  app.use(async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(PROTECTIVE_HEADERS)) {
      // A page says itself what it may load, and its files how long they may be kept.
      if (!c.res.headers.has(name)) c.res.headers.set(name, value);
    }
  });
  app.use(async (c, next) => {
    const isReload = c.req.path === RELOAD_PATH;
    const writes = [...writesAt(c.req.path), ...formsAt(c.req.path)];
    const allowed = isReload
      ? ['POST']
      : writes.length > 0
        ? [...readsAt(c.req.path), ...writes]
        : READ_METHODS;
    if (!allowed.includes(c.req.method)) {
      c.header('Allow', allowed.join(', '));
      const hint =
        isReload || writes.length > 0
          ? `this is asked for with ${allowed.join(' or ')}`
          : 'everything here is read with GET';
      return refuse(c, 405, `${c.req.method} is not offered`, hint);
    }
    return next();
  });
  addHealth(app, deps);
  addWitness(app, deps);
  addPageAssets(app);
  addLogin(app, { ...deps, faultLog });
  const addBadges = badgeRoutes(deps);
  addBadges(app, deps.publicBadges);
  app.use(async (c, next) => {
    const role = roleOfRequest(c, deps);
    if (role === null) {
      if (isAskedByBrowser(c)) return sendToLogin(c);
      c.header('WWW-Authenticate', 'Bearer');
      return refuse(c, 401, 'a token is needed', 'send Authorization: Bearer with the token of server.token');
    }
    if (READ_METHODS.includes(c.req.method)) return next();
    if (role !== 'actor') return refuseToAct(c, deps);
    return bringsToken(c) || isFromOwnPage(c) ? next() : refuseStranger(c);
  });
  app.use(compressLong);
  addReload(app, deps);
  addWrites(app, deps);
  addProofs(app, { ...deps, faultLog });
  addTurns(app, faultLog);
  addBadges(app, () => true);
  addPageRoutes(app, {
    ...{ ...deps, faultLog, others: (status) => othersOf(status, deps) },
    viewer: (c) => viewerOf(c, deps),
  });
  app.get('/metrics', async (c) => {
    const { contentType, text } = await deps.metrics.render(metricsFormatOf(c));
    return c.body(text, 200, { 'Content-Type': contentType, Vary: 'Accept' });
  });
  addApi(app, deps);
  addEventStream(app, { ...deps, faultLog, mayRead: (c) => roleOfRequest(c, deps) !== null });
  app.get('/api/v1/openapi.json', async (c) => {
    // Few ask for it: it is no part of what a daemon holds in memory until somebody does.
    const { openApiDocument } = await import('./openapi/document.ts');
    return c.json(openApiDocument(deps.version));
  });
  app.notFound((c) =>
    refuse(
      c,
      404,
      'no such path',
      'see /healthz, /readyz, /metrics, /api/v1/jobs, and /api/v1/openapi.json for all there is',
    ),
  );
  app.onError((thrown, c) => refuseFault(c, thrown, faultLog));
  return app;
}

/** OpenMetrics for who prefers it, as Prometheus does; the older text for everybody else. */
function metricsFormatOf(c: Context): MetricsFormat {
  const types = { openmetrics: 'application/openmetrics-text', prometheus: 'text/plain' };
  const supports = Object.values(types);
  const chosen = accepts(c, { header: 'Accept', supports, default: types.prometheus });
  return chosen === types.openmetrics ? 'openmetrics' : 'prometheus';
}

function readsAt(path: string): readonly string[] {
  return /^\/(api\/v1\/mutes|login|actions\/[a-z]+)$/.test(path) ? READ_METHODS : [];
}

function wholeHealth(status: WatcherStatus, deps: AppDeps): Health {
  const health = healthOf(status, deps.hangingAfterMs);
  return withHeartbeatFault(withConfigFault(health, deps.configFault()), deps.heartbeatFault());
}

/** What is wrong besides watches, channels and the store, of which the page says more. */
function othersOf(
  status: WatcherStatus,
  deps: AppDeps,
): { problems: readonly string[]; warnings: readonly string[] } {
  const { reasons, warnings } = wholeHealth({ ...status, watches: [], channels: [], storeFault: null }, deps);
  return { problems: reasons, warnings };
}

/** The two answers that need no token. Without it, `/readyz` says that something is wrong but not what. */
function addHealth(app: Hono, deps: AppDeps): void {
  app.get('/healthz', (c) => {
    const { live } = healthOf(deps.status(), deps.hangingAfterMs);
    return c.json({ status: live ? 'ok' : 'hanging' }, live ? 200 : 503);
  });
  app.get('/readyz', (c) => {
    const { ready, reasons, warnings } = wholeHealth(deps.status(), deps);
    const word = { status: ready ? 'ready' : 'not_ready' };
    return c.json(
      roleOfRequest(c, deps) !== null
        ? { ...word, reasons, ...(warnings.length > 0 ? { warnings } : {}) }
        : word,
      ready ? 200 : 503,
    );
  });
}

/** Lets what reads the store be read a few at a time; see `turns.ts`. */
function addTurns(app: Hono, faultLog: FaultLog): void {
  app.use(
    inTurns((c) => {
      c.header('Retry-After', '1');
      c.header('Connection', 'close');
      return refuse(c, 503, 'too many requests at once', 'ask again in a moment, one after the other');
    }),
  );
  app.use(async (c, next) => {
    await next();
    if (c.error === undefined) faultLog.clear(routePath(c, -1), 'Requests are answered again');
  });
}

/**
 * Refuses a write that came without the token that may act. It is demanded on loopback too, since any web page that is open on this machine can
 * send a POST there.
 */
function refuseToAct(c: Context, { tokens }: AppDeps): Response {
  if (tokens().token !== null)
    return refuse(c, 403, 'this token may read, and not act', 'send the one of server.token');
  return refuse(
    c,
    403,
    'nobody may act without a token',
    'set server.token, or use the command line; a reload may be asked for by SIGHUP',
  );
}

function addReload(app: Hono, { reload }: AppDeps): void {
  app.post(RELOAD_PATH, async (c) => {
    // The adapter puts Node's own request and response there.
    const body = await readBody(c.req.raw, c.env as HttpBindings);
    if (body === 'too_large') return refuse(c, 413, 'body too large', 'send none');
    if (body === 'broken') return refuse(c, 400, 'the body did not come to its end', 'send none');
    const outcome = await reload();
    if (outcome.kind === 'rejected') {
      return c.json(
        {
          error: 'the configuration cannot be used; the one before stays in force',
          hint: 'mend these, and ask again',
          faults: outcome.issues,
        },
        422,
      );
    }
    const { kind: _kind, ...changes } = outcome;
    return c.json({ status: 'reloaded', ...changes });
  });
}

function refuseFault(c: Context, thrown: Error, faultLog: FaultLog): Response | Promise<Response> {
  if (thrown instanceof QueryFault) return refuse(c, 400, thrown.message, thrown.hint);
  // In a path it names something that is not there; as a parameter it is a fault of the request.
  if (thrown instanceof BodyTooLarge) return refuse(c, 413, 'body too large', 'send one JSON object');
  if (thrown instanceof UnfitId)
    return refuse(c, c.req.param('id') === undefined ? 400 : 404, thrown.message, thrown.hint ?? '');
  if (thrown instanceof GoneJob)
    return c.json({ error: thrown.message, hint: thrown.hint ?? '', isPruned: true }, 404);
  if (thrown instanceof Unfit) return refuse(c, 400, thrown.message, thrown.hint ?? '');
  if (thrown instanceof WatcherError && thrown.code === 'not_found')
    return refuse(c, 404, thrown.message, thrown.hint ?? '');
  if (thrown instanceof AmbiguousId) {
    const { message, hint, candidates } = thrown;
    return c.json({ error: message, hint, candidates }, 409);
  }
  if (thrown instanceof HTTPException) return thrown.getResponse();
  if (thrown instanceof WatcherError && thrown.code === 'bad_cursor') {
    return refuse(c, 400, 'cursor is not one of ours', 'give back nextCursor as it came');
  }
  // Once, however often it is asked for: a stranger must not be able to fill the log.
  const fields = { path: c.req.path, err: toError(thrown) };
  faultLog.report(routePath(c, -1), 'A request could not be answered', fields, 'error');
  return thrown instanceof StoreError
    ? refuse(c, 503, 'the store cannot be read', 'see the log and /readyz')
    : refuse(c, 500, 'the request could not be answered', 'see the log');
}

function refuse(
  c: Context,
  status: 400 | 401 | 403 | 404 | 405 | 413 | 500 | 503,
  error: string,
  hint: string,
): Response {
  return c.json({ error, hint }, status);
}

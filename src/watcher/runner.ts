import type { Notifier } from '../channels/notifier.ts';
import type { AuditDraft } from '../domain/audit.ts';
import type { Fallback } from '../domain/fallback.ts';
import type { Watch } from '../domain/watch.ts';
import { StoreError, toError } from '../errors.ts';
import { createOnce } from '../log-once.ts';
import type { JobSource } from '../source/source.ts';
import { createChannelAlerts } from './channel-alerts.ts';
import { type ChannelWorker, startChannelWorker } from './channel-worker.ts';
import { createFallbacks } from './fallbacks.ts';
import type { PollDeps } from './poll.ts';
import { spreadDelays } from './spread.ts';
import type { WatcherStatus } from './status.ts';
import { startTicker, type Ticker } from './ticker.ts';
import { createWatchLoop, type WatchLoop, type WatchLoopDeps } from './watch-loop.ts';

/** A poll in hand at shutdown gets this long; a send longer, because a send that is cut short may be sent twice. */
const POLL_GRACE_MS = 2_000;
const SEND_GRACE_MS = 6_000;
const HEARTBEAT_MS = 1_000;

export interface RunnerDeps extends Omit<WatchLoopDeps, 'source'> {
  watches: readonly Watch[];
  /** By the name of the connection. */
  sources: ReadonlyMap<string, JobSource>;
  /** The page of a project in Atlas, for people. */
  projectUrl: (watch: Watch, groupId: string) => string | null;
  notifiers: readonly Notifier[];
  fallbacks: readonly Fallback[];
  /** Names this process in leases. */
  owner: string;
  version: string;
  /** Written to the audit log at start. */
  configEntry: AuditDraft['data'];
}

export interface Runner {
  /** Watches and delivers until `stop`. The store must have been claimed (`claimDaemon`). Resolves once everything is under way. */
  start(): Promise<void>;
  /** Stops polling, finishes what is in hand, and records the end. May be called twice or at once: the same promise. */
  stop(reason: string): Promise<void>;
  status(): WatcherStatus;
}

/**
 * The daemon's life: `starting` → `running` → `stopping` → `stopped`. Owns every loop and timer of the watcher; knows no adapter.
 */
export function createRunner(deps: RunnerDeps): Runner {
  const { clock, logger, store, signals } = deps;
  const once = createOnce(logger, clock);
  const startedAt = clock.now();
  let state: WatcherStatus['state'] = 'starting';
  let lastHeartbeat = clock.monotonic();
  let storeFault: string | null = null;
  let heartbeat: NodeJS.Timeout | null = null;
  let stopping: Promise<void> | null = null;
  const tickers = new Map<string, Ticker>();
  const spreadTimers = new Set<NodeJS.Timeout>();
  const workers: ChannelWorker[] = [];
  const unsubscribe: Array<() => void> = [];

  const channels = createChannelAlerts({
    ...deps,
    channels: deps.notifiers.map(({ channel }) => channel),
  });

  const fallbacks = createFallbacks({ ...deps, once });

  const loops = deps.watches.map((watch): WatchLoop => {
    const pollDeps: PollDeps = { source: sourceOf(deps, watch), store, clock, routes: deps.routes };
    const loop: WatchLoop = createWatchLoop(
      { ...pollDeps, logger, signals, random: deps.random },
      {
        watch,
        projectUrl: (groupId) => deps.projectUrl(watch, groupId),
        gapMs: () => tickers.get(loop.schedule())?.gapMs() ?? 60_000,
      },
    );
    return loop;
  });

  /** Hands a tick to the watches that go by this expression, a little apart, so that they do not all ask in the same instant. */
  const tickAll = (expression: string): void => {
    const due = loops.filter((loop) => loop.schedule() === expression);
    const gapMs = tickers.get(expression)?.gapMs() ?? 60_000;
    spreadDelays(due.length, gapMs).forEach((delayMs, index) => {
      const timer = setTimeout(() => {
        spreadTimers.delete(timer);
        due[index]?.tick();
      }, delayMs);
      spreadTimers.add(timer);
    });
  };

  const beat = (): void => {
    lastHeartbeat = clock.monotonic();
    for (const ticker of tickers.values()) ticker.watch();
    for (const loop of loops) loop.beat();
    channels.beat();
    fallbacks.beat();
  };

  const listen = (): void => {
    unsubscribe.push(
      signals.on('deliveries:owed', ({ channels }) => {
        for (const worker of workers) if (channels.includes(worker.notifier.channel)) worker.wake();
      }),
      signals.on('poll:finished', ({ error, outcome }) => {
        if (error instanceof StoreError) storeFault = error.message;
        else if (outcome === 'ok') storeFault = null;
      }),
    );
  };

  const start = async (): Promise<void> => {
    await note('daemon.started', { version: deps.version, pid: process.pid, node: process.version });
    await note('config.loaded', deps.configEntry);
    await channels.begin();
    listen();
    for (const notifier of deps.notifiers) {
      workers.push(startChannelWorker({ ...deps, once, notifier }));
    }
    const expressions = new Set(
      deps.watches.flatMap(({ schedule, scheduleIdle }) => [schedule, scheduleIdle ?? schedule]),
    );
    for (const expression of expressions) {
      tickers.set(expression, startTicker({ expression, onTick: () => tickAll(expression), clock, logger }));
    }
    for (const expression of expressions) tickAll(expression);
    heartbeat = setInterval(beat, HEARTBEAT_MS);
    state = 'running';
  };

  const note = async (kind: AuditDraft['kind'], data: AuditDraft['data']): Promise<void> => {
    await store.recordAudit([{ at: clock.now(), kind, data }]);
    signals.emit('audit:written', {});
  };

  const stop = async (reason: string): Promise<void> => {
    state = 'stopping';
    if (heartbeat) clearInterval(heartbeat);
    for (const ticker of tickers.values()) ticker.stop();
    for (const timer of spreadTimers) clearTimeout(timer);
    await Promise.all([
      ...loops.map((loop) => loop.stop(POLL_GRACE_MS)),
      ...workers.map((worker) => worker.stop(SEND_GRACE_MS)),
    ]);
    for (const end of unsubscribe) end();
    channels.end();
    await fallbacks.stop();
    await note('daemon.stopped', { reason }).catch((error: unknown) => {
      logger.error('The stop could not be written to the audit log', { err: toError(error) });
    });
    state = 'stopped';
  };

  return {
    start,
    stop: (reason) => {
      stopping ??= stop(reason);
      return stopping;
    },
    status: () => ({
      state,
      startedAt,
      sinceHeartbeatMs: clock.monotonic() - lastHeartbeat,
      watches: loops.map((loop) => loop.status()),
      channels: channels.status(),
      storeFault,
    }),
  };
}

function sourceOf({ sources }: RunnerDeps, { connection, name }: Watch): JobSource {
  const source = sources.get(connection);
  if (!source) throw new Error(`watch ${name} has no connection ${connection}`);
  return source;
}

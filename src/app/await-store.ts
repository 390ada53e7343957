import type { Clock } from '../clock.ts';
import type { WatcherConfig } from '../config/config.ts';
import { StoreError } from '../errors.ts';
import { isOpen } from '../http/access.ts';
import { startWaitingServer } from '../http/door/waiting-server.ts';
import { createFaultLog } from '../logging/fault-log.ts';
import type { Logger } from '../logging/logger.ts';
import { isLoopbackName } from '../net/loopback.ts';
import { inspectStore } from '../store/open-store.ts';

/** So often it is looked whether the store answers, in milliseconds. */
const LOOK_EVERY_MS = 2_000;

/** What waiting for a store takes. */
export interface AwaitStoreDeps {
  config: Pick<WatcherConfig, 'store' | 'server'>;
  clock: Clock;
  logger: Logger;
  /** Aborts when nobody wants the daemon any more. */
  signal: AbortSignal;
}

/**
 * Starts what needs the store. As long as that is away for a reason that may pass, waits for it instead of ending: says so in the log and
 * over HTTP, and begins anew when it answers.
 * @returns what has started; `null` when that was not wanted any more before the store answered.
 * @throws whatever `start` throws but for a store that is away.
 */
export async function startOnceStoreAnswers<Started>(
  start: () => Promise<Started>,
  deps: AwaitStoreDeps,
): Promise<Started | null> {
  const faultLog = createFaultLog(deps.logger, deps.clock);
  const tell = ({ message, hint }: StoreError): void =>
    faultLog.report('store', `Waiting for the store: ${message}`, { hint }, 'error');
  while (!deps.signal.aborted) {
    try {
      const started = await start();
      return started;
    } catch (thrown) {
      if (!isAway(thrown)) throw thrown;
      tell(thrown);
      await untilItAnswers(thrown, deps, tell);
      if (!deps.signal.aborted) faultLog.clear('store', 'The store answers');
    }
  }
  return null;
}

/** Resolves when the store answers, be it with a refusal, or when nobody waits any more. */
async function untilItAnswers(
  fault: StoreError,
  { config, clock, logger, signal }: AwaitStoreDeps,
  tell: (fault: StoreError) => void,
): Promise<void> {
  const { host, port, token, viewToken } = config.server;
  const tokens = { token, viewToken };
  let away: StoreError | null = fault;
  const reasonOf = ({ message, hint = '' }: StoreError): string =>
    `the watcher waits for its store and does nothing: ${message}. ${hint}`.trimEnd();
  const loopbackNamesOnly = isLoopbackName(host);
  // An address that others reach and that no token guards is refused when the daemon starts.
  const server =
    !loopbackNamesOnly && isOpen(tokens)
      ? null
      : await startWaitingServer({
          host,
          port,
          loopbackNamesOnly,
          tokens,
          reason: () => reasonOf(away ?? fault),
          logger,
        });
  if (server !== null)
    logger.info(`Status server listening on ${server.url} while the store is away`, { url: server.url });
  try {
    while (away !== null) {
      await clock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
      away = await lookAt(config.store);
      if (away !== null) tell(away);
    }
  } finally {
    await server?.close();
  }
}

/** Why the store is away; `null`: it answers. Whatever else is wrong with it is found by who starts. */
async function lookAt(store: WatcherConfig['store']): Promise<StoreError | null> {
  try {
    await inspectStore(store, { mode: 'readwrite' });
    return null;
  } catch (thrown) {
    return isAway(thrown) ? thrown : null;
  }
}

function isAway(thrown: unknown): thrown is StoreError {
  return thrown instanceof StoreError && thrown.isPassing;
}

import type { Clock } from '../clock.ts';
import { formatSpan } from '../domain/instant.ts';
import { toError } from '../errors.ts';
import { createFaultLog, type FaultLog } from '../logging/fault-log.ts';
import type { Logger } from '../logging/logger.ts';
import type { CheckpointReader } from '../store/ports/audit.ts';
import type { StoreProbe } from '../store/ports/life.ts';
import type { OutboxReader } from '../store/ports/outbox.ts';
import { blindnessOf, type WatcherStatus } from '../watcher/status.ts';
import { healthOf } from './health.ts';
import { HEARTBEAT_WORDS, type HeartbeatAnswer, type HeartbeatFault } from './heartbeat-answer.ts';
import { createHeartbeatCaller, type HeartbeatCaller } from './heartbeat-call.ts';

/** A call that fails is made again so soon, that a switch with a long period does not fire for a moment's fault. */
const AGAIN_AFTER_MS = 30_000;
/** What was due for so long and is not even tried: the outbox stands still. */
const OUTBOX_STANDS_AFTER_MS = 600_000;

/** What the heartbeat works with, and what the configuration says about it. */
export interface HeartbeatDeps {
  /** Called while all is well. */
  url: string;
  /** Called while something is wrong; `null`: nothing is called, and the silence tells. */
  failUrl: string | null;
  everyMs: number;
  /** PEM file of a private CA to trust besides the well-known ones. */
  caFile: string | null;
  /** The last checkpoint of the audit log goes along, by POST. */
  checkpoint: boolean;
  status: () => WatcherStatus;
  store: OutboxReader & StoreProbe & CheckpointReader;
  clock: Clock;
  logger: Logger;
  /** See `healthOf`. */
  hangingAfterMs?: number | undefined;
}

/** A send in hand is cut short after a minute when its channel has changed: by then the channel must deliver again. */
const CHANNEL_BEGINS_WITHIN_MS = 90_000;

/** `starting`: some watch has not had the time for its first poll, or some channel for the end of its last send; neither well nor ill. */
export type Condition = { kind: 'well' } | { kind: 'starting' } | { kind: 'ill'; reasons: readonly string[] };

/** A heartbeat that goes out. */
export interface Heartbeat {
  /** Why its receiver has not taken the last call; `null`: it has, or was not called yet. */
  fault(): HeartbeatFault | null;
  /** Ends it, and waits for the call in hand to be cut short. */
  stop(): Promise<void>;
}

/**
 * Tells a dead man's switch every `everyMs` that all is well, as long as it is. The calls are GET, which every such receiver takes, and
 * say nothing of what is watched; with `checkpoint`, POST. A receiver at fault is logged once, and disturbs nothing else.
 * @throws {ConfigError} when `caFile` cannot be used.
 */
export function startHeartbeat(deps: HeartbeatDeps): Heartbeat {
  const { clock, everyMs, logger } = deps;
  const end = new AbortController();
  const faultLog = createFaultLog(logger, clock);
  const caller = createHeartbeatCaller(deps);
  let fault: HeartbeatFault | null = null;

  const loop = async (): Promise<void> => {
    let waitMs = everyMs;
    while (!end.signal.aborted) {
      await clock.sleep(waitMs, end.signal).catch(() => undefined);
      if (end.signal.aborted) return;
      const startedAt = clock.monotonic();
      const answer = await beat(deps, caller, faultLog, end.signal);
      if (answer !== null) {
        fault = answer.kind === 'taken' ? null : { ...answer, since: fault?.since ?? clock.now() };
      }
      // Who answers well, and notes nothing, may do so because it is called too often.
      const periodMs = answer?.kind === 'refused' ? Math.min(everyMs, AGAIN_AFTER_MS) : everyMs;
      waitMs = Math.max(0, periodMs - (clock.monotonic() - startedAt));
    }
  };
  const done = loop().finally(caller.close);
  return {
    fault: () => fault,
    stop: () => {
      end.abort();
      return done;
    },
  };
}

/** One heartbeat, and its answer; `null` when nobody was called, or the call was cut short. */
async function beat(
  deps: HeartbeatDeps,
  caller: HeartbeatCaller,
  faultLog: FaultLog,
  cancelled: AbortSignal,
): Promise<HeartbeatAnswer | null> {
  const condition = await conditionOf(deps);
  if (cancelled.aborted || condition.kind === 'starting') return null;
  if (condition.kind === 'ill') {
    const { reasons } = condition;
    faultLog.report('condition', 'No heartbeat is sent, because something is wrong', { reasons });
  } else faultLog.clear('condition', 'The heartbeat is sent again');

  const url = condition.kind === 'well' ? deps.url : deps.failUrl;
  if (url === null) return null;
  const answer = await caller.call(url, cancelled, await checkpointOf(deps));
  if (cancelled.aborted) return null;
  const { kind, detail } = answer;
  if (kind === 'taken') faultLog.clear('receiver', 'The heartbeat is received again');
  else {
    const fields = answer.hint === null ? {} : { hint: answer.hint };
    faultLog.report('receiver', `The heartbeat is ${HEARTBEAT_WORDS[kind]}: ${detail}`, fields);
  }
  return answer;
}

/** The note that goes along; `null`: nothing does. A store that fails now is told of by the condition, not by silence. */
async function checkpointOf({ checkpoint, store }: HeartbeatDeps): Promise<string | null> {
  if (!checkpoint) return null;
  const { last } = await store.lastCheckpoint().catch(() => ({ last: null }));
  return last?.note ?? null;
}

/** Well: every watch was polled in time, no channel fails, nothing in the outbox stands still, and the store can be written. */
export async function conditionOf({
  status,
  store,
  clock,
  hangingAfterMs,
}: Pick<HeartbeatDeps, 'status' | 'store' | 'clock' | 'hangingAfterMs'>): Promise<Condition> {
  const now = status();
  const { reasons, warnings } = healthOf(now, hangingAfterMs);
  const faults = [...reasons, ...warnings];
  try {
    // A store that is known to fail need not be tried once more: waiting for a lock holds everything up.
    if (now.storeFault === null) await store.checkWritable();
    for (const { channel } of now.channels) {
      const dueAt = await store.nextDueAt(channel);
      const dueForMs = dueAt === null ? 0 : clock.now() - dueAt;
      if (dueForMs >= OUTBOX_STANDS_AFTER_MS)
        faults.push(`channel ${channel}: nothing was tried of what is due for ${formatSpan(dueForMs)}`);
    }
  } catch (thrown) {
    faults.push(`the store fails: ${toError(thrown).message}`);
  }
  if (faults.length === 0) return { kind: 'well' };
  return isStarting(now) ? { kind: 'starting' } : { kind: 'ill', reasons: faults };
}

function isStarting({ state, watches, storeFault, channels }: WatcherStatus): boolean {
  return (
    (state === 'starting' || state === 'running') &&
    storeFault === null &&
    channels.every(
      ({ failing, waitsForMs }) => failing === null && (waitsForMs ?? 0) <= CHANNEL_BEGINS_WITHIN_MS,
    ) &&
    (watches.some((watch) => blindnessOf(watch) === 'unpolled') ||
      channels.some(({ waitsForMs }) => waitsForMs !== null)) &&
    watches.every((watch) => watch.fault === null && blindnessOf(watch) !== 'overdue')
  );
}

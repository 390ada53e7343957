import type { Clock } from '../../clock.ts';
import { alertKey } from '../../domain/event/alert.ts';
import type { EventName, WatcherEvent } from '../../domain/event/event.ts';
import { summarizeOverdue } from '../../domain/event/summary.ts';
import { formatSpan, type Timestamp } from '../../domain/instant.ts';
import { isWildcard, type Watch } from '../../domain/job/watch.ts';
import type { NextDigest, Route } from '../../domain/telling/routing.ts';
import type { Signals } from '../../signals.ts';
import type { JobSource } from '../../source/source.ts';
import type { AlertStore } from '../../store/ports/alerts.ts';
import type { MuteReader } from '../../store/ports/mutes.ts';
import { commitAlert } from '../record/commit-alert.ts';

/** What lasts about a watch, is raised once, and is ended by an event of its own: kept in the store, so that a restart changes nothing. */
export interface WatchAlerts {
  /** A poll failed; the watch has been failing for `failingForMs`. */
  onFailure(fault: { message: string; hint: string | null }, failingForMs: number): Promise<void>;
  /** A poll succeeded. */
  onSuccess(): Promise<void>;
}

export interface WatchAlertsDeps {
  source: Pick<JobSource, 'aheadMs'>;
  store: AlertStore & MuteReader;
  clock: Clock;
  signals: Signals;
  /** Those in force: a reload changes them. */
  routes: () => readonly Route[];
  nextDigest: NextDigest;
}

export function createWatchAlerts(
  deps: WatchAlertsDeps,
  watch: Watch,
  projectUrl: (groupId: string) => string | null,
): WatchAlerts {
  const { source, store, clock, routes, nextDigest } = deps;
  const keys = {
    failing: alertKey('watch_failing', watch.name),
    overdue: alertKey('drill_overdue', watch.name),
  };
  let raised: Map<string, Timestamp> | null = null;
  const startedAt = clock.now();
  let drillLookAt = Number.NEGATIVE_INFINITY;

  const known = async (): Promise<Map<string, Timestamp>> => {
    raised ??= await store.readAlerts();
    return raised;
  };

  const tell = async (
    name: EventName,
    facts: Pick<WatcherEvent, 'summary' | 'note'>,
    change: { raise?: string; clear?: string },
  ): Promise<void> => {
    const { labels, groupId, kind, instanceName } = watch;
    const mutes = await store.listMutes({ inForceAt: clock.now() });
    const { detectedAt } = await commitAlert(
      deps,
      {
        ...facts,
        name,
        subject: {
          kind: 'watch',
          watch: watch.name,
          labels,
          instance: { groupId, kind, instanceName },
          projectUrl: isWildcard(watch) ? null : projectUrl(groupId),
        },
      },
      { routes: routes(), mutes, nextDigest },
      change,
    );
    if (change.raise) (await known()).set(change.raise, detectedAt);
    if (change.clear) (await known()).delete(change.clear);
  };

  const lookAtDrills = async (): Promise<void> => {
    const { expectRestoreEveryMs: every } = watch;
    if (every === null || clock.monotonic() < drillLookAt) return;
    drillLookAt = clock.monotonic() + DRILL_LOOK_EVERY_MS;
    const last = await store.lastFinishedAt(watch.name);
    // A watcher that is restarted every week must not begin to count anew each time.
    const since = last ?? (await store.watchedSince(watch.name)) ?? startedAt;
    const forMs = clock.now() + source.aheadMs() - since;
    const raisedAt = (await known()).get(keys.overdue);
    if (forMs > every && raisedAt === undefined) {
      await tell(
        'drill_overdue',
        {
          summary: summarizeOverdue(watch.name, last === null ? null : forMs),
          note: `Expected every ${formatSpan(every)}.`,
        },
        { raise: keys.overdue },
      );
    } else if (raisedAt !== undefined && forMs <= every && since > raisedAt - every) {
      // A restore has finished since (a clock that was set back alone ends nothing), and the `finished` event has told of it.
      await store.commitAlerts({ at: clock.now(), raise: [], clear: [keys.overdue], events: [], audit: [] });
      (await known()).delete(keys.overdue);
    }
  };

  return {
    onFailure: async ({ message, hint }, failingForMs) => {
      if (failingForMs < watch.failingAfterMs || (await known()).has(keys.failing)) return;
      await tell(
        'watch_failing',
        {
          summary: `Watch ${watch.name} cannot be polled for ${formatSpan(failingForMs)}: ${message}`,
          note: hint,
        },
        { raise: keys.failing },
      );
    },
    onSuccess: async () => {
      const since = (await known()).get(keys.failing);
      if (since !== undefined) {
        const forMs = clock.now() - since;
        await tell(
          'watch_recovered',
          {
            summary: `Watch ${watch.name} can be polled again`,
            note: `It was told to be failing ${formatSpan(forMs)} ago.`,
          },
          { clear: keys.failing },
        );
      }
      await lookAtDrills();
    },
  };
}

/** "No restore for so long" is a matter of days: looking once a minute is enough, and keeps idle polls free of it. */
const DRILL_LOOK_EVERY_MS = 60_000;

import type { Signals } from '../signals.ts';
import type { Figures, Names } from './figures.ts';
import type { Instruments } from './instruments.ts';
import { createRoster } from './roster.ts';
import type { StatusFigures } from './status-metrics.ts';

const OUTCOMES = ['ok', 'failed'];

/** How polls go, and when each watch was last polled with success: it says so where it is polled. */
export function countPolls(
  instruments: Instruments,
  signals: Signals,
  { isPolledElsewhere }: Pick<StatusFigures, 'isPolledElsewhere'>,
): Figures {
  const polls = instruments.counter('restore_watcher_polls_total');
  const missed = instruments.counter('restore_watcher_hint_missed_total');
  const duration = instruments.histogram('restore_watcher_poll_duration_seconds');
  const lastSuccess = instruments.gauge('restore_watcher_last_successful_poll_timestamp_seconds');
  let lastSuccesses: Names['lastSuccesses'];
  let known: readonly string[] = [];
  const away = new Set<string>();
  const series = createRoster({
    come: (watch) => {
      for (const outcome of OUTCOMES) polls.inc({ watch, outcome }, 0);
      missed.inc({ watch }, 0);
      // One that is never polled must grow old too: of a series that is not there nobody is alarmed.
      lastSuccess.setToCurrentTime({ watch });
      const noted = lastSuccesses?.get(watch);
      if (noted !== undefined) lastSuccess.set({ watch }, noted / 1000);
    },
    go: (watch) => {
      for (const outcome of OUTCOMES) polls.remove({ watch, outcome });
      missed.remove({ watch });
      lastSuccess.remove({ watch });
      away.delete(watch);
    },
  });
  const endOfJudging = signals.on('feed:judged', ({ watch, isTold }) => {
    if (!isTold && series.has(watch)) missed.inc({ watch });
  });
  const endOfPolls = signals.on('poll:finished', ({ watch, outcome, hasRead, durationMs }) => {
    // The last poll of a watch that has just left the configuration must not bring its series back.
    if (!series.has(watch)) return;
    polls.inc({ watch, outcome });
    duration.observe(durationMs / 1000);
    if (!hasRead) return;
    lastSuccess.setToCurrentTime({ watch });
    away.delete(watch);
  });
  return {
    apply: (names) => {
      lastSuccesses = names.lastSuccesses;
      known = names.watches;
      series.apply(names.watches);
    },
    refresh: async () => {
      for (const watch of known) {
        if (isPolledElsewhere(watch)) {
          lastSuccess.remove({ watch });
          away.add(watch);
        } else if (away.delete(watch)) {
          // Another replica has polled it until now: only from here on does it grow old here.
          lastSuccess.setToCurrentTime({ watch });
        }
      }
    },
    end: () => {
      endOfJudging();
      endOfPolls();
    },
  };
}

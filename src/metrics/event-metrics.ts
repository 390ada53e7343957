import { isTransitionName } from '../domain/event/event.ts';
import { MILESTONES, type Milestone, stateAfter } from '../domain/job/restore-job.ts';
import type { Signals } from '../signals.ts';
import type { Figures } from './figures.ts';
import type { Instruments } from './instruments.ts';
import { createRoster } from './roster.ts';

/** Every state that a transition leads to. */
const REACHED_STATES = MILESTONES.map((milestone) => stateAfter([milestone]));

/** What has happened to restore jobs. */
export function countEvents(instruments: Instruments, signals: Signals): Figures {
  const transitions = instruments.counter('restore_watcher_transitions_total');
  const series = createRoster({
    come: (watch) => {
      for (const to of REACHED_STATES) transitions.inc({ watch, to }, 0);
    },
    go: (watch) => {
      for (const to of REACHED_STATES) transitions.remove({ watch, to });
    },
  });
  const end = signals.on('event:recorded', ({ watch, name, hasHappened }) => {
    if (hasHappened && isTransitionName(name) && series.has(watch))
      transitions.inc({ watch, to: stateAfter([name as Milestone]) });
  });
  return { apply: ({ watches }) => series.apply(watches), end };
}

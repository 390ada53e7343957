import { EVENT_NAMES, type EventName, kindOf } from '../domain/event/event.ts';
import { isDownload, isMilestone, MILESTONES, stateAfter } from '../domain/job/restore-job.ts';
import { tookOf } from '../domain/job/took.ts';
import type { Signals, WatcherSignals } from '../signals.ts';
import type { Figures } from './figures.ts';
import type { Instruments } from './instruments.ts';
import { createRoster } from './roster.ts';

/** Every state that a transition leads to. */
const REACHED_STATES = MILESTONES.map((milestone) => stateAfter([milestone]));
/** What else happens on a watch. */
const WATCH_EVENTS = EVENT_NAMES.filter((name) => isAboutWatch(name) && !isMilestone(name));
const CHANNEL_EVENTS = EVENT_NAMES.filter(isAboutChannel);

/** What has happened to restore jobs, watches and channels. Samples and reminders do not count. */
export function countEvents(instruments: Instruments, signals: Signals): Figures {
  const transitions = instruments.counter('restore_watcher_transitions_total');
  const events = instruments.counter('restore_watcher_events_total');
  const durations = instruments.histogram('restore_watcher_restore_duration_seconds');
  const channelEvents = instruments.counter('restore_watcher_channel_events_total');
  const watches = createRoster({
    come: (watch) => {
      for (const to of REACHED_STATES) transitions.inc({ watch, to }, 0);
      for (const event of WATCH_EVENTS) events.inc({ watch, event }, 0);
      durations.zero({ watch });
    },
    go: (watch) => {
      for (const to of REACHED_STATES) transitions.remove({ watch, to });
      for (const event of WATCH_EVENTS) events.remove({ watch, event });
      durations.remove({ watch });
    },
  });
  const channels = createRoster({
    come: (channel) => {
      for (const event of CHANNEL_EVENTS) channelEvents.inc({ channel, event }, 0);
    },
    go: (channel) => {
      for (const event of CHANNEL_EVENTS) channelEvents.remove({ channel, event });
    },
  });
  const end = signals.on('event:recorded', (recorded) => {
    const { watch, name, hasHappened, planned } = recorded;
    if (!hasHappened) return;
    const { subject } = planned.event;
    if (subject.kind === 'channel') {
      if (channels.has(subject.channel)) channelEvents.inc({ channel: subject.channel, event: name });
    } else if (watches.has(watch)) {
      if (isMilestone(name)) transitions.inc({ watch, to: stateAfter([name]) });
      else events.inc({ watch, event: name });
      const tookMs = tookMsOf(recorded);
      if (tookMs !== null) durations.observe({ watch }, tookMs / 1000);
    }
  });
  return {
    apply: (names) => {
      watches.apply(names.watches);
      channels.apply(names.channels);
    },
    end,
  };
}

function isAboutWatch(name: EventName): boolean {
  const { about } = kindOf(name);
  return about === 'job' || about === 'watch';
}

function isAboutChannel(name: EventName): boolean {
  return kindOf(name).about === 'channel';
}

/** How long a restore took that the event says has delivered; `null` for other events. */
function tookMsOf({ name, planned: { event } }: WatcherSignals['event:recorded']): number | null {
  if (event.subject.kind !== 'job' || (name !== 'finished' && name !== 'ready')) return null;
  const { job } = event.subject;
  // What a download still waits for after its link is there is nobody's restore.
  if (isDownload(job) !== (name === 'ready')) return null;
  const took = tookOf(job, { [name]: event.detectedAt });
  return took && Math.max(0, took.ms);
}

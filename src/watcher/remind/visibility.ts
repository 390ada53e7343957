import type { WatcherEvent } from '../../domain/event/event.ts';
import type { RestoreJob } from '../../domain/job/restore-job.ts';
import { isWildcard, type Watch } from '../../domain/job/watch.ts';
import type { Sight } from '../../domain/telling/reminder.ts';
import { blindnessOf, type ChannelStatus } from '../status.ts';
import type { WatchLoop } from '../watch/loop.ts';

export interface SightDeps {
  /** Those that are configured. */
  watches: () => readonly Watch[];
  /** `null`: it is about to begin. */
  loopOf: (watch: string) => WatchLoop | null;
  channels: () => readonly ChannelStatus[];
}

const UNWATCHED: Sight = { kind: 'unwatched' };
const BLIND: Sight = { kind: 'blind' };

/** Says of what an event is about whether it can be seen now. Before the first poll of a process nothing can. */
export function createSight({ watches, loopOf, channels }: SightDeps): (first: WatcherEvent) => Sight {
  return (first) => {
    const { subject } = first;
    if (subject.kind === 'channel') {
      return sightOfChannel(channels().find(({ channel }) => channel === subject.channel));
    }
    const watch = watches().find(({ name }) => name === subject.watch);
    if (watch === undefined) return UNWATCHED;
    const loop = loopOf(watch.name);
    if (subject.kind === 'job') return sightOfJob(watch, loop, subject.job);
    return sightOfWatch(watch, loop, first);
  };
}

function sightOfChannel(status: ChannelStatus | undefined): Sight {
  if (status === undefined) return UNWATCHED;
  if (status.failing === null) return BLIND;
  return { kind: 'seen', labels: {}, fault: { message: status.failing.detail, hint: null }, aheadMs: 0 };
}

/** A job that the watch has been pointed away from says nothing any more. */
function sightOfJob(watch: Watch, loop: WatchLoop | null, job: RestoreJob): Sight {
  const { restoreJobIds, kind } = watch;
  if (kind !== job.kind || (restoreJobIds.length > 0 && !restoreJobIds.includes(job.id))) return UNWATCHED;
  if (loop === null) return BLIND;
  const target = loop.targetOf(job);
  // An instance that a watch finds by itself may be back at the next look.
  if (target === null) return isWildcard(watch) ? BLIND : UNWATCHED;
  return sightOfPolled(loop, target.labels);
}

function sightOfWatch(watch: Watch, loop: WatchLoop | null, { name }: WatcherEvent): Sight {
  const { labels } = watch;
  if (name === 'drill_overdue' && watch.expectRestoreEveryMs === null) return UNWATCHED;
  if (loop === null) return BLIND;
  if (name === 'drill_overdue') return sightOfPolled(loop, labels);
  const { fault } = loop.status();
  return fault === null ? BLIND : { kind: 'seen', labels, fault, aheadMs: 0 };
}

/** What the polls show: told by Atlas's clock. */
function sightOfPolled(loop: WatchLoop, labels: Watch['labels']): Sight {
  const status = loop.status();
  // Stricter than health: after a failed poll, what was seen before may have ended since.
  if (blindnessOf(status) !== null || status.fault !== null) return BLIND;
  return { kind: 'seen', labels, fault: null, aheadMs: loop.aheadMs() };
}

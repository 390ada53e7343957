import { kindOf, type WatcherEvent } from '../../domain/event/event.ts';
import type { RestoreJob } from '../../domain/job/restore-job.ts';
import { isWildcard, type Watch } from '../../domain/job/watch.ts';
import type { Visibility } from '../../domain/telling/due-reminder.ts';
import { blindnessOf, type ChannelStatus } from '../status.ts';
import type { WatchLoop } from '../watch/loop.ts';

/** Where it is looked up what can be seen. */
export interface VisibilityDeps {
  /** Those that are configured. */
  watches: () => readonly Watch[];
  /** `null`: it is about to begin. */
  loopOf: (watch: string) => WatchLoop | null;
  channels: () => ReadonlyArray<Pick<ChannelStatus, 'channel' | 'failing'>>;
}

const UNWATCHED: Visibility = { kind: 'unwatched' };
const BLIND: Visibility = { kind: 'blind' };

/** Says of what an event is about whether it can be seen now. Before the first poll of a process nothing can. */
export function createVisibility({
  watches,
  loopOf,
  channels,
}: VisibilityDeps): (first: WatcherEvent) => Visibility {
  return (first) => {
    const { subject } = first;
    if (subject.kind === 'channel') {
      return visibilityOfChannel(channels().find(({ channel }) => channel === subject.channel));
    }
    const watch = watches().find(({ name }) => name === subject.watch);
    if (watch === undefined) return UNWATCHED;
    const loop = loopOf(watch.name);
    if (subject.kind === 'job') return visibilityOfJob(watch, loop, subject.job);
    return visibilityOfWatch(watch, loop, first);
  };
}

function visibilityOfChannel(status: Pick<ChannelStatus, 'failing'> | undefined): Visibility {
  if (status === undefined) return UNWATCHED;
  if (status.failing === null) return BLIND;
  return { kind: 'seen', labels: {}, fault: { message: status.failing.detail, hint: null }, aheadMs: 0 };
}

/** A job that the watch has been pointed away from says nothing any more. */
function visibilityOfJob(watch: Watch, loop: WatchLoop | null, job: RestoreJob): Visibility {
  const { restoreJobIds, kind } = watch;
  if (kind !== job.kind || (restoreJobIds.length > 0 && !restoreJobIds.includes(job.id))) return UNWATCHED;
  if (loop === null) return BLIND;
  const target = loop.targetOf(job);
  // An instance that a watch finds by itself may be back at the next look.
  if (target === null) return isWildcard(watch) ? BLIND : UNWATCHED;
  return visibilityOfPolled(loop, target.labels);
}

function visibilityOfWatch(watch: Watch, loop: WatchLoop | null, { name }: WatcherEvent): Visibility {
  const { labels } = watch;
  const isDrill = kindOf(name).opens === 'drill';
  if (isDrill && watch.expectRestoreEveryMs === null) return UNWATCHED;
  if (loop === null) return BLIND;
  if (isDrill) return visibilityOfPolled(loop, labels);
  const { fault } = loop.status();
  return fault === null ? BLIND : { kind: 'seen', labels, fault, aheadMs: 0 };
}

/** What the polls show: told by Atlas's clock. */
function visibilityOfPolled(loop: WatchLoop, labels: Watch['labels']): Visibility {
  const status = loop.status();
  // Stricter than health: after a failed poll, what was seen before may have ended since.
  if (blindnessOf(status) !== null || status.fault !== null) return BLIND;
  return { kind: 'seen', labels, fault: null, aheadMs: loop.surelyAheadMs() };
}

import { kindOf, type WatcherEvent } from '../../domain/event/event.ts';
import { isAboutLimit, type JobSubject, placeOf } from '../../domain/event/subject.ts';
import { liesIn, placeKey } from '../../domain/job/place.ts';
import { isWildcard, type Target, type Watch } from '../../domain/job/watch.ts';
import { isRateLimit } from '../../domain/polling/mender.ts';
import type { Visibility } from '../../domain/telling/due-reminder.ts';
import { blindnessOf, type ChannelStatus } from '../status.ts';
import type { WatchLoop } from '../watch/watch-loop.ts';
import type { Elsewhere } from './elsewhere.ts';

/** Where it is looked up what can be seen. */
export interface VisibilityDeps {
  /** Those that are configured. */
  watches: () => readonly Watch[];
  /** `null`: it is about to begin. */
  loopOf: (watch: string) => WatchLoop | null;
  channels: () => ReadonlyArray<Pick<ChannelStatus, 'channel' | 'failing'>>;
  /** What other replicas look after; none do unless given. */
  elsewhere?: Pick<Elsewhere, 'visibilityOf'>;
}

const UNWATCHED: Visibility = { kind: 'unwatched' };
const BLIND: Visibility = { kind: 'blind' };

/** Says of what an event is about whether it can be seen now. Before the first poll of a process nothing can. */
export function createVisibility({
  watches,
  loopOf,
  channels,
  elsewhere,
}: VisibilityDeps): (first: WatcherEvent) => Visibility {
  return (first) => {
    const { subject } = first;
    const seenElsewhere = elsewhere?.visibilityOf(first) ?? null;
    if (seenElsewhere !== null) return seenElsewhere;
    if (subject.kind === 'channel') {
      return visibilityOfChannel(channels().find(({ channel }) => channel === subject.channel));
    }
    if (subject.kind === 'audit') return BLIND;
    const watch = watches().find(({ name }) => name === subject.watch);
    if (watch === undefined) return UNWATCHED;
    const loop = loopOf(watch.name);
    if (subject.kind === 'job') return visibilityOfJob(watch, loop, subject);
    return visibilityOfWatch(watch, loop, first);
  };
}

function visibilityOfChannel(status: Pick<ChannelStatus, 'failing'> | undefined): Visibility {
  if (status === undefined) return UNWATCHED;
  if (status.failing === null) return BLIND;
  return { kind: 'seen', labels: {}, fault: { message: status.failing.detail, hint: null }, aheadMs: 0 };
}

/** A job that the watch has been pointed away from says nothing any more. It is looked for where it is polled, whatever its instance is called. */
function visibilityOfJob(watch: Watch, loop: WatchLoop | null, { job, instance }: JobSubject): Visibility {
  const { restoreJobIds, kind } = watch;
  if (kind !== job.kind || (restoreJobIds.length > 0 && !restoreJobIds.includes(job.id))) return UNWATCHED;
  if (loop === null) return BLIND;
  const target = loop.targetOf(instance);
  if (target !== null) return visibilityOfPolled(loop, target.labels, target);
  // Of what a watch finds by itself only that tells of an end which a look has shown to have left.
  return isWildcard(watch) && !loop.hasLeft(instance) ? BLIND : UNWATCHED;
}

function visibilityOfWatch(watch: Watch, loop: WatchLoop | null, first: WatcherEvent): Visibility {
  const { name } = first;
  const { labels } = first.subject.kind === 'watch' && first.subject.place ? first.subject : watch;
  const isDrill = kindOf(name).opens === 'drill';
  if (loop === null) return BLIND;
  if (isDrill) return visibilityOfPolled(loop, labels);
  const place = placeOf(first);
  const key = place && placeKey(place);
  const { faults, throttled } = loop.status();
  const isLimit = isAboutLimit(first);
  const own =
    faults.find((one) => (one.place && placeKey(one.place)) === key && isRateLimit(one.reason) === isLimit) ??
    null;
  const fault = own ?? (isLimit && key === null && throttled?.isMeant === false ? throttled : null);
  return fault === null ? BLIND : { kind: 'seen', labels, fault, aheadMs: 0 };
}

/** What the polls show, of all of a watch or of one target: told by Atlas's clock. */
function visibilityOfPolled(
  loop: WatchLoop,
  labels: Watch['labels'],
  target: Pick<Target, 'groupId' | 'instanceName'> | null = null,
): Visibility {
  const status = loop.status();
  // Stricter than health: after a failed poll, what was seen before may have ended since. What fails elsewhere changes nothing here.
  const isConcerned = status.faults.some(
    ({ place }) => place === null || (target !== null && liesIn(target, place)),
  );
  if (blindnessOf(status) !== null || isConcerned) return BLIND;
  return { kind: 'seen', labels, fault: null, aheadMs: loop.surelyAheadMs() };
}

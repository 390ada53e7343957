import type { Clock } from '../../clock.ts';
import { alertKeyOf, partsOfKey } from '../../domain/event/alert.ts';
import { kindOf, type WatcherEvent } from '../../domain/event/event.ts';
import { isOfWatch } from '../../domain/event/subject.ts';
import type { Timestamp } from '../../domain/instant.ts';
import { liesIn } from '../../domain/job/place.ts';
import type { Visibility } from '../../domain/telling/due-reminder.ts';
import type { AlertStore } from '../../store/ports/alerts.ts';
import type { RecordReader } from '../../store/ports/records.ts';
import type { ChannelStatus, WatchStatus } from '../status.ts';
import { FAILING_SINCE } from '../watch/journal/failing-memory.ts';

/** When a watch was polled last stands in the store a minute late, and is written a moment after that. */
const WRITTEN_LATE_MS = 120_000;

const BLIND: Visibility = { kind: 'blind' };

/** What the store says of what other replicas do. */
export interface ElsewhereDeps {
  store: Pick<AlertStore, 'readAlerts'> & Pick<RecordReader, 'lastSuccesses'>;
  clock: Pick<Clock, 'now'>;
  /** How all stands here; of what another replica does it says so. */
  status: () => { watches: readonly WatchStatus[]; channels: readonly ChannelStatus[] };
  /** How another replica gets on with a project of a watch (`null`: with all of it) that several share; `null`: no other has it. */
  partElsewhere?: (watch: string, groupId: string | null) => { canRead: boolean } | null;
}

/** Whether what an event is about can be seen by another replica, as far as the store shows. */
export interface Elsewhere {
  /** Reads what is to be read. To be called before each look; costs nothing where this replica does everything. @throws {StoreError} */
  prepare(): Promise<void>;
  /** `null`: no other replica looks after it. Asks nobody. */
  visibilityOf(first: WatcherEvent): Visibility | null;
}

/** Knows of nothing until it is prepared. */
export function createElsewhere({
  store,
  clock,
  status,
  partElsewhere = () => null,
}: ElsewhereDeps): Elsewhere {
  let watches = new Map<string, WatchStatus>();
  let channels = new Set<string>();
  let successes: ReadonlyMap<string, Timestamp> = new Map();
  let alerts: ReadonlyMap<string, Timestamp> = new Map();

  const isRaised = (first: WatcherEvent): boolean => alerts.has(alertKeyOf(first) ?? '');
  const told = (first: WatcherEvent): Visibility => {
    const labels = isOfWatch(first.subject) ? first.subject.labels : {};
    return { kind: 'seen', labels, fault: { message: first.summary, hint: first.note }, aheadMs: 0 };
  };
  /** It was polled in time, and the last poll of all of it, or of the place, has not failed. */
  const isRead = ({ watch, dueWithinMs }: WatchStatus, first: WatcherEvent): boolean => {
    const at = successes.get(watch);
    return at !== undefined && clock.now() - at <= dueWithinMs + WRITTEN_LATE_MS && !hasFault(watch, first);
  };
  const hasFault = (watch: string, { subject }: WatcherEvent): boolean => {
    return [...alerts.keys()].map(partsOfKey).some(({ name, about, place }) => {
      if (name !== FAILING_SINCE || about !== watch) return false;
      return place === null || (subject.kind === 'job' && liesIn(subject.instance, place));
    });
  };

  return {
    prepare: async () => {
      const all = status();
      watches = new Map(
        all.watches.filter(({ polledBy }) => polledBy !== null).map((each) => [each.watch, each]),
      );
      channels = new Set(all.channels.flatMap(({ channel, sentBy }) => (sentBy === null ? [] : [channel])));
      const isAnyShared = all.watches.some(({ share }) => share !== null);
      if (watches.size + channels.size === 0 && !isAnyShared) return;
      successes = await store.lastSuccesses();
      alerts = await store.readAlerts();
    },
    visibilityOf: (first) => {
      const { subject } = first;
      if (subject.kind === 'channel') {
        if (!channels.has(subject.channel)) return null;
        return isRaised(first) ? told(first) : BLIND;
      }
      if (subject.kind === 'audit') return null;
      const groupId = subject.kind === 'job' ? subject.instance.groupId : (subject.place?.groupId ?? null);
      const part = partElsewhere(subject.watch, groupId);
      const watch = watches.get(subject.watch);
      if (part === null && watch === undefined) return null;
      if (subject.kind === 'watch' && kindOf(first.name).opens !== 'drill') {
        return isRaised(first) ? told(first) : BLIND;
      }
      const canBeRead =
        part === null
          ? watch !== undefined && isRead(watch, first)
          : part.canRead && !hasFault(subject.watch, first);
      if (!canBeRead) return BLIND;
      return { kind: 'seen', labels: subject.labels, fault: null, aheadMs: 0 };
    },
  };
}

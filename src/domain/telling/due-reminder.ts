import type { WatcherEvent } from '../event/event.ts';
import type { Timestamp } from '../instant.ts';
import type { Observation } from '../job/observation.ts';

/** A reminder whose time has come, with what the store knows at this moment of what it is about. */
export interface DueReminder {
  /** The event as it was recorded first. */
  first: WatcherEvent;
  channel: string;
  /** How often the channel was reminded of it so far. */
  count: number;
  /** Of the job that it is about; `null` for events about no job. */
  observation: Observation | null;
  /** Since when the alert is raised that it tells of; `null`: it is not, or the event is no alert. */
  raisedAt: Timestamp | null;
  /** When a restore of the watch finished last. Looked up for `drill_overdue` alone. */
  lastFinishedAt: Timestamp | null;
  /** Something about the same job or watch is owed to the channel and was not accepted yet. */
  isStillOwed: boolean;
}

/** What can be seen at present of what an event is about. */
export type Visibility =
  /** The configuration no longer asks for it. */
  | { kind: 'unwatched' }
  /** Whether it lasts cannot be told. */
  | { kind: 'blind' }
  | {
      kind: 'seen';
      labels: Readonly<Record<string, string>>;
      /** What is wrong now, of a watch or a channel that fails. */
      fault: { message: string; hint: string | null } | null;
      /** By how much the clock that its times come from is ahead of ours at least, in milliseconds. */
      aheadMs: number;
    };

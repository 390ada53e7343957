import type { JobState } from '../../domain/job/restore-job.ts';
import type { ShareStatus } from '../../watcher/status.ts';
import type { MuteView } from '../mutes.ts';
import type { ReplicaView } from '../replicas.ts';
import type { HintView, ThrottledView } from '../views.ts';
import type { DrillReport } from './drills.ts';
import type { ToldElsewhere } from './told-elsewhere.ts';

/**
 * How a watch is doing. `sees`: its jobs are read; `partly_blind`: parts of it are not; `blind`: it cannot be relied on; `starting`: not polled
 * yet, and there is time; `elsewhere`: another replica polls it, and has told nothing against it; `unwatched`: nobody watches, since no daemon runs.
 */
export type WatchSight = 'sees' | 'partly_blind' | 'blind' | 'starting' | 'elsewhere' | 'unwatched';

/**
 * `accepts`: nothing is known against it; `failing`: it is told to fail; `waiting`: its configuration is not in use yet; `elsewhere`: another
 * replica sends for it, and knows.
 */
export type ChannelState = 'accepts' | 'failing' | 'waiting' | 'elsewhere';

/** One watch in a report. Instants are ISO 8601 in all of it. */
export interface WatchReport {
  watch: string;
  sight: WatchSight;
  /** Why it does not see all, in a line for people; `null`: it does. */
  why: string | null;
  /** As configured, `null` where only the store was asked. */
  schedule: string | null;
  /** Milliseconds from one poll to the next as the schedule has it, `null` where only the store was asked. */
  scheduledMs: number | null;
  /** The same as the rate limits allow it. */
  periodMs: number | null;
  /** Which rate limit keeps it from its schedule, as `/api/v1/watches` has it; `null`: none does. */
  throttled: ThrottledView | null;
  /** How far activity feeds tell when to poll, as `/api/v1/watches` has it; `null`: the watch goes without. */
  hint: HintView | null;
  lastSuccessAt: string | null;
  nextPollAt: string | null;
  /** How many of its jobs run; `null`: the store cannot be read. */
  running: number | null;
  /** How many of its jobs are on record, by state; none where the store cannot be read. */
  jobs: Partial<Record<JobState, number>>;
  /** The replica that polls it, where that is another one. */
  polledBy: string | null;
  /** How much of a watch of all projects this replica polls, where several share it; all else is of this part. */
  share: ShareStatus | null;
}

/** One channel in a report. */
export interface ChannelReport {
  channel: string;
  state: ChannelState;
  since: string | null;
  /** What it said last, while it fails. */
  detail: string | null;
  /** Owed now, without what waits for a digest; `null`, as what follows: the store cannot be read. */
  owed: number | null;
  /** When the next of that is tried. */
  nextTryAt: string | null;
  /** Waits for its digest. */
  held: number | null;
  givenUp: number | null;
  lastAcceptedAt: string | null;
  nextDigestAt: string | null;
  /** The replica that sends for it, where that is another one. */
  sentBy: string | null;
}

/** What became of the last reload. */
export interface ReloadReport {
  at: string;
  outcome: 'applied' | 'rejected';
  /** What asked for it. */
  reason: string;
  /** Each fault in a line, of one that was rejected. */
  issues: readonly string[];
}

/** How all of it stands: what `status` shows and `GET /api/v1/status` answers. */
export interface StatusReport {
  asOf: string;
  /** Who says so: a daemon that runs, or the store alone. */
  from: 'daemon' | 'store';
  /** False: something of `problems` or `warnings` is for somebody to mend. */
  ok: boolean;
  /** What makes the watcher blind or idle, a line each. */
  problems: readonly string[];
  /** What does not, and should be known all the same. */
  warnings: readonly string[];
  daemon: {
    /** `not_running`: nobody holds the store; `silent`: somebody does, and does not answer; `unknown`: this cannot be told. */
    state: 'starting' | 'running' | 'stopping' | 'stopped' | 'not_running' | 'silent' | 'unknown';
    version: string | null;
    startedAt: string | null;
    pid: number | null;
  };
  watches: readonly WatchReport[];
  channels: readonly ChannelReport[];
  /** The drills of which it is told that they are overdue, or did not go as agreed. */
  drills: readonly DrillReport[];
  /** What another replica fails at, as the store tells; it stands among `problems` and `warnings` as well. */
  elsewhere: readonly ToldElsewhere[];
  /** Those in force, and those that come round. */
  mutes: readonly MuteView[];
  /** `null`: none is configured, or only the store was asked. */
  testAlert: { event: string; watch: string; nextAt: string } | null;
  /** In force; what the file says now, where only the store was asked. */
  config: {
    file: string;
    sha256: string | null;
    loadedAt: string | null;
    lastReload: ReloadReport | null;
  };
  store: {
    where: string;
    /** False: it cannot be read at present, and nothing that stands there is known: neither mutes nor what is owed. */
    isRead: boolean;
    lastWrittenAt: string | null;
    /** How far back the record goes; see `store.keep`. */
    oldestEventAt: string | null;
  };
  /** Those that share the work; empty where a daemon has the store alone, or only the store was asked. */
  replicas: readonly ReplicaView[];
}

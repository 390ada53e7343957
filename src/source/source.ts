import type { Timestamp } from '../domain/instant.ts';
import type { RestoreJob } from '../domain/job/restore-job.ts';
import type { Target } from '../domain/job/watch.ts';
import type { FeedEvent } from '../domain/polling/feed-events.ts';

/**
 * One job of a reply. `unreadable`: its state is unknown to us or a field has the wrong type; the other jobs of the reply stand.
 * `jobId` is `null` when not even the id can be read. `problem` is for people and holds no link.
 */
export type JobReading =
  | { kind: 'job'; job: RestoreJob }
  | { kind: 'unreadable'; jobId: string | null; problem: string };

/**
 * What asking for one job by id comes to. `not_found`: Atlas answers that there is no such job (the project
 * and the instance exist). `known`: `recall` said so, and nothing was read.
 */
export type JobAnswer = JobReading | { kind: 'not_found'; atlasCode: string | null } | { kind: 'known' };

/** What the reading of a list needs to know of a page that is not looked at. */
export interface PageFacts {
  /** How many jobs are on it. */
  count: number;
  /** Another page follows. */
  hasNext: boolean;
}

/** One page of a listing. It is decoded only when somebody looks. */
export interface JobPage extends PageFacts {
  /** Its jobs. Of a page that `recall` knew nothing was read: that is a fault of whoever asks. */
  readings(): JobReading[];
}

/** How a read is made. */
export interface ReadOptions {
  signal: AbortSignal;
  /** A restore is running there: goes first when the budget is short. */
  isUrgent: boolean;
  /** Called when the read begins to wait for its turn in the budget; what comes back is called when that is over. */
  onWait?: (() => () => void) | undefined;
}

/** How one job is read. */
export interface JobOptions extends ReadOptions {
  /** Asked with the fingerprint of a job's answer, before anything of it is read: true, when it need not be. See `ListOptions.recall`. */
  recall?: ((fingerprint: string) => boolean) | undefined;
}

/** How a list is read. */
export interface ListOptions extends ReadOptions {
  /**
   * Asked of each page that has come, from 0, before anything of it is read: what is known of a page with this fingerprint, or `null` when
   * it has to be looked at. Fingerprints are equal for pages of which the same would be read, at any one time.
   */
  recall?: ((index: number, fingerprint: string) => PageFacts | null) | undefined;
}

/**
 * What keeps reads waiting: our own ceiling; what Atlas leaves in the bucket of an endpoint set; the silence that Atlas has asked for.
 */
export type WaitsFor = 'ceiling' | 'bucket' | 'silence';

/** What may be asked in one project over one connection. */
export interface ProjectBudget {
  /** Our own ceiling: requests a minute. */
  perMinute: number;
  /** How many of these may still go out now, as far as this process has spent them. */
  left: number;
  /**
   * What Atlas fills up in a minute of the buckets that jobs are read from, for everybody who uses the project, as its replies tell; `null`
   * where they tell nothing.
   */
  refillPerMinute: number | null;
  /** What a login costs in requests, besides the read; see `Demand.login`. */
  login: number;
  /** What the reads wait for that wait at present; `null`: none does. */
  waitsFor: WaitsFor | null;
}

/** Names and tags of a project or an instance, for labels. */
export interface Tagged {
  name: string;
  tags: Readonly<Record<string, string>>;
}

/** A project that the credential sees. */
export interface ListedProject extends Tagged {
  groupId: string;
}

/** An instance of a project, by the name that its jobs are asked for under (for Ops Manager that is the cluster's id). */
export interface ListedInstance extends Tagged {
  instanceName: string;
  /** It was deleted, and its backups are kept: restore jobs that ran there can still be asked for. */
  isDeleted?: true;
}

/** Where instances are looked for: as `Target`, without the instance. */
export type Place = Pick<Target, 'kind' | 'apiVersion' | 'groupId'>;

/** Where restore jobs are read from: one connection, any kind. The port of `source/`. */
export interface JobSource {
  /**
   * Lists the jobs of a target, page by page, in the order in which Atlas gives them; leaving the loop early asks for no further page.
   * A job may come twice when the list grows while it is paged. Ends normally only after the last page: a listing that throws half
   * way says nothing about any job.
   * @throws {SourceError}
   */
  listJobs(target: Target, options: ListOptions): AsyncIterable<JobPage>;

  /**
   * Asks for one job by id.
   * @throws {SourceError} for everything but a plain "there is no such job", which is an answer.
   */
  readJob(target: Target, jobId: string, options: JobOptions): Promise<JobAnswer>;

  /**
   * All projects that the credential sees.
   * @throws {SourceError}
   */
  listProjects(place: Pick<Place, 'kind' | 'apiVersion'>, options: ReadOptions): Promise<ListedProject[]>;

  /**
   * All instances of a project that can have jobs of this kind, each name once. A deleted one is listed for as long as Atlas keeps its
   * backups, unless another has its name now.
   * @throws {SourceError}
   */
  listInstances(place: Place, options: ReadOptions): Promise<ListedInstance[]>;

  /**
   * What the activity feed of a project holds about restores since then (by Atlas's clock), each event once, in no order. Comes out of a
   * budget of its own: it neither waits for the reads of jobs nor holds them up, and a refusal silences the feed alone. Only the v2 API has it.
   * @throws {SourceError}
   */
  readFeed(groupId: string, since: Timestamp, options: ReadOptions): Promise<FeedEvent[]>;

  /** How the budget of a project is doing. Costs no request. */
  budgetOf(groupId: string): ProjectBudget;

  /**
   * Somebody says that what was wrong is mended: waits end that are our own guess. What Atlas has asked for is kept: how long a silence is
   * to be, and what it says is left in a bucket.
   */
  forgive(): void;

  /**
   * By how much the clock that the times of the jobs come from is ahead of ours, in milliseconds, as two witnesses at least have shown;
   * negative when it is behind, 0 as long as they agree well enough.
   */
  aheadMs(): number;

  /**
   * By how much it is ahead at least: the same, or less while a single answer has shown a time that lies before. What is told because a
   * time has come, and cannot be taken back, goes by this.
   */
  surelyAheadMs(): number;

  /** Closes all connections. A request in hand fails by it: whoever closes waits for it first. */
  close(): Promise<void>;
}

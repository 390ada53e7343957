import type { AuditDraft } from '../../domain/audit.ts';
import type { JobKind } from '../../domain/job/restore-job.ts';
import type { Trust } from '../../domain/polling/trust.ts';

/** What a project's activity feed, read over one connection, is for one kind of jobs. */
export interface FeedPlace {
  connection: string;
  groupId: string;
  kind: JobKind;
}

/** How far a feed is relied on for a kind. */
export interface FeedTrust extends FeedPlace {
  trust: Trust;
}

/**
 * What the activity feeds of projects have proved, so that a restart does not begin anew.
 * @throws {StoreError} from every method.
 */
export interface FeedStore {
  /** Of these projects, as far as anything was noted. */
  readFeedTrust(place: Omit<FeedPlace, 'groupId'>, groupIds: readonly string[]): Promise<FeedTrust[]>;
  /** Writes them over what was there, with the audit entries that tell of it. One transaction; in turn, where there are any entries. */
  noteFeedTrust(all: readonly FeedTrust[], audit: readonly AuditDraft[]): Promise<void>;
}

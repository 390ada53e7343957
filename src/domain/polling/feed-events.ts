import type { Timestamp } from '../instant.ts';
import type { Person } from '../job/actor.ts';
import type { JobKind } from '../job/restore-job.ts';

/** For each type of event that a project's activity feed holds about restores: the kinds whose jobs it may be about. */
const KINDS_BY_TYPE = {
  CPS_RESTORE_REQUESTED_AUDIT: ['cluster', 'collection'],
  CPS_RESTORE_SUCCESSFUL: ['cluster'],
  CPS_RESTORE_FAILED: ['cluster'],
  CPS_SNAPSHOT_DOWNLOAD_REQUEST_FAILED: ['cluster'],
  CPS_COLLECTION_RESTORE_SUCCESSFUL: ['collection'],
  CPS_COLLECTION_RESTORE_FAILED: ['collection'],
  CPS_COLLECTION_RESTORE_PARTIAL_SUCCESS: ['collection'],
  CPS_COLLECTION_RESTORE_CANCELED: ['collection'],
  TENANT_RESTORE_REQUESTED_AUDIT: ['flex'],
  TENANT_RESTORE_COMPLETED_AUDIT: ['flex'],
  TENANT_RESTORE_FAILED: ['flex'],
  TENANT_SNAPSHOT_DOWNLOAD_REQUESTED_AUDIT: ['flex'],
} as const satisfies Record<string, readonly JobKind[]>;

/** A type of event that tells of restores, as Atlas spells it. */
export type FeedEventType = keyof typeof KINDS_BY_TYPE;

/** Every type of event that is asked for. */
export const FEED_EVENT_TYPES = Object.keys(KINDS_BY_TYPE) as readonly FeedEventType[];

/** One event of a project's activity feed. It names neither cluster nor job: it says that something was restored in the project. */
export interface FeedEvent {
  id: string;
  type: FeedEventType;
  /** When it happened, by Atlas's clock, to the second. */
  at: Timestamp;
  /** Who did it, where the feed says so. */
  person?: Person;
}

/** True for a type of event that is asked for. Atlas has more, and may send what nobody asked for. */
export function isFeedEventType(text: unknown): text is FeedEventType {
  return typeof text === 'string' && Object.hasOwn(KINDS_BY_TYPE, text);
}

/** True when the event may be about a job of this kind. */
export function isAbout({ type }: Pick<FeedEvent, 'type'>, kind: JobKind): boolean {
  const kinds: readonly JobKind[] = KINDS_BY_TYPE[type];
  return kinds.includes(kind);
}

const REQUESTS: readonly FeedEventType[] = [
  'CPS_RESTORE_REQUESTED_AUDIT',
  'TENANT_RESTORE_REQUESTED_AUDIT',
  'TENANT_SNAPSHOT_DOWNLOAD_REQUESTED_AUDIT',
];

/** True when the event tells that somebody has asked for a restore. */
export function isRequest({ type }: Pick<FeedEvent, 'type'>): boolean {
  return REQUESTS.includes(type);
}

/** True for a kind of which the feed tells at all. */
export function isTold(kind: JobKind): boolean {
  return FEED_EVENT_TYPES.some((type) => isAbout({ type }, kind));
}

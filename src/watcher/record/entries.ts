import type { AuditDraft } from '../../domain/audit.ts';
import type { Timestamp } from '../../domain/instant.ts';
import type { Target } from '../../domain/job/watch.ts';
import type { FeedTrust } from '../../store/ports/feeds.ts';

export function baselineEntry(
  { watch, kind, groupId, instanceName }: Target,
  at: Timestamp,
  jobs: number,
): AuditDraft {
  return { at, kind: 'baseline.taken', data: { watch, kind, groupId, instanceName, jobs } };
}

export function feedEntry({ connection, kind, groupId, trust }: FeedTrust, at: Timestamp): AuditDraft {
  const { standing, reason, detail } = trust;
  return { at, kind: `feed.${standing}`, data: { connection, kind, groupId, reason, detail } };
}

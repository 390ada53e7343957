import type { AuditDraft } from '../../../domain/audit.ts';
import type { Timestamp } from '../../../domain/instant.ts';
import { placeOfKey, type Target, targetOf, type Watch } from '../../../domain/job/watch.ts';
import type { JobStore } from '../../../store/ports/jobs.ts';

/**
 * Tells since when what begins on an instance is news, given when its project was looked at before; `null`: this is the first look. An
 * instance without a baseline keeps that time in the store: what it did before must not become baseline because of a restart.
 */
export async function newSinceOf(
  store: Pick<JobStore, 'lastLookAt' | 'noteLook' | 'readTarget'>,
  key: string,
  lookedAt: Timestamp | null,
): Promise<Timestamp | null> {
  const kept = await store.lastLookAt(key);
  if (kept !== null || lookedAt === null) return kept;
  if ((await store.readTarget(key, lookedAt)) === null) await store.noteLook(key, lookedAt);
  return lookedAt;
}

/** The targets that a watch has left with open jobs, by key: of this process and of those before. */
export async function openTargets(
  store: Pick<JobStore, 'followedTargets'>,
  watch: Watch,
  now: Timestamp,
  hasGone: (place: Pick<Target, 'groupId' | 'instanceName'>) => boolean,
): Promise<Map<string, Target>> {
  const open = new Map<string, Target>();
  for (const key of await store.followedTargets(watch.name, now)) {
    const place = placeOfKey(watch, key);
    if (place !== null && hasGone(place)) open.set(key, { ...targetOf(watch), ...place });
  }
  return open;
}

/** A target, as the audit log says where it is. */
export function whereIs({ watch, kind, groupId, instanceName }: Target): AuditDraft['data'] {
  return { watch, kind, groupId, instanceName };
}

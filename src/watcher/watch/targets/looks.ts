import { setImmediate as endOfTurn } from 'node:timers/promises';
import type { AuditDraft } from '../../../domain/audit.ts';
import type { Timestamp } from '../../../domain/instant.ts';
import { type Fate, type LeftOut, leftOutBy } from '../../../domain/job/cession.ts';
import { SERVERLESS_END } from '../../../domain/job/serverless-end.ts';
import { placeOfKey, type Target, targetKey, targetOf, type Watch } from '../../../domain/job/watch.ts';
import type { ListedInstance } from '../../../source/source.ts';
import type { JobStore } from '../../../store/ports/jobs.ts';

/**
 * Tells since when what begins on these instances is news, by key, given when their project was looked at before; nothing for the first
 * look. An instance without a baseline keeps that time in the store: what it did before must not become baseline because of a restart.
 */
export async function newSinceOf(
  store: Pick<JobStore, 'lastLooksAt' | 'targetsWithBaseline'>,
  noteLooks: JobStore['noteLooks'],
  keys: readonly string[],
  lookedAt: Timestamp | null,
): Promise<Map<string, Timestamp>> {
  const since = await store.lastLooksAt(keys);
  const others = lookedAt === null ? [] : keys.filter((key) => !since.has(key));
  if (lookedAt === null || others.length === 0) return since;
  const hasBaseline = await store.targetsWithBaseline(others);
  const unread = new Set(others.filter((key) => !hasBaseline.has(key)));
  await noteLooks([...unread], lookedAt);
  for (const key of others) since.set(key, lookedAt);
  return since;
}

/** What a list says of an instance; `null`: it is followed, or the list is not about it. */
export type FateOf = (place: Pick<Target, 'groupId' | 'instanceName'>) => Fate | null;

/** The targets that have gone and on which a watch has left open jobs, by key: of this process and of those before. */
export async function openTargets(
  store: Pick<JobStore, 'followedTargets'>,
  watch: Watch,
  now: Timestamp,
  fateOf: FateOf,
): Promise<Map<string, Target>> {
  const open = new Map<string, Target>();
  for (const key of await store.followedTargets(watch.name, now)) {
    const place = placeOfKey(watch, key);
    if (place !== null && fateOf(place) === 'gone') open.set(key, { ...targetOf(watch), ...place });
  }
  return open;
}

/** The projects in which a watch has open jobs. */
export async function openProjects(
  store: Pick<JobStore, 'followedTargets'>,
  watch: Watch,
  now: Timestamp,
): Promise<Set<string>> {
  const keys = await store.followedTargets(watch.name, now);
  return new Set(keys.flatMap((key) => placeOfKey(watch, key)?.groupId ?? []));
}

/** Under which the store keeps when the instances of a project were listed for a watch. */
export function keyOfProject(watch: Watch, groupId: string): string {
  return targetKey({ ...watch, watch: watch.name, groupId });
}

/** A target, as the audit log says where it is. */
export function whereIs({ watch, kind, groupId, instanceName }: Target): AuditDraft['data'] {
  return { watch, kind, groupId, instanceName };
}

/**
 * Sorts what is listed: what the watch follows, and what it leaves out, by the name under which jobs are asked for there. People may have
 * named that by another, which the list alone tells.
 */
export function sorted(
  watch: Watch,
  groupId: string,
  listed: readonly ListedInstance[],
): { followed: ListedInstance[]; leftOut: Map<string, LeftOut> } {
  const leftOut = new Map<string, LeftOut>();
  const followed = listed.filter(({ instanceName, name, isDeleted }) => {
    const why = leftOutBy(watch, { groupId, instanceName, name });
    if (why !== null) leftOut.set(instanceName, why);
    const isMeant = watch.instanceName === '*' || watch.instanceName === name;
    return why === null && isMeant && !isDeleted;
  });
  return { followed, leftOut };
}

/** Why a look may have found no instance, for people. */
export function whyNothing({ kind }: Watch): string {
  if (kind === 'serverless') return SERVERLESS_END;
  return `Check groupId and the kind: is there a ${kind} instance in the project?`;
}

/** What is taken over from a list in one go: some milliseconds of work. */
const PORTION = 200;

/** Cuts a long list into portions, and lets everybody else have a turn between two of them. */
export async function* portionsOf<Item>(items: readonly Item[]): AsyncGenerator<Item[]> {
  for (let start = 0; start < items.length; start += PORTION) {
    if (start > 0) await endOfTurn();
    yield items.slice(start, start + PORTION);
  }
}

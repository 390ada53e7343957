import { type Cession, isExcluded } from '../job/cession.ts';
import type { Watch } from '../job/watch.ts';

/** What a watch follows, as its configuration has it. */
export type Coverage = Pick<
  Watch,
  'name' | 'connection' | 'kind' | 'groupId' | 'instanceName' | 'restoreJobIds' | 'exclude'
>;

/**
 * What a watch leaves to others of the same connection and kind. Who names a thing more closely has it: first who names jobs, then who
 * names the instance and its project, then who names the instance alone, then who names the project alone. Two that name the same leave
 * each other nothing: both are meant, and both tell.
 */
export function cessionsOf(watch: Coverage, all: readonly Coverage[]): Cession[] {
  return all
    .filter(
      (other) =>
        other.connection === watch.connection &&
        other.kind === watch.kind &&
        closenessOf(other) > closenessOf(watch) &&
        overlaps(other, watch),
    )
    .map(({ name, groupId, instanceName, exclude, restoreJobIds }) => ({
      ...{ to: name, groupId, instanceName, exclude, jobIds: restoreJobIds },
    }));
}

/**
 * The names of those that follow some of the same, neither of which leaves it to the other: both tell. Watches of two connections tell both,
 * whatever they name.
 */
export function alongsideOf(watch: Coverage, all: readonly Coverage[]): string[] {
  return all
    .filter(
      (other) =>
        other.name !== watch.name &&
        other.kind === watch.kind &&
        (other.connection !== watch.connection || closenessOf(other) === closenessOf(watch)) &&
        overlaps(other, watch),
    )
    .map(({ name }) => name);
}

/** True for watches that may follow the same job, whoever tells it. */
export function mayShareJobs(one: Coverage, other: Coverage): boolean {
  return one.kind === other.kind && overlaps(one, other);
}

function closenessOf({ groupId, instanceName, restoreJobIds }: Coverage): number {
  return (restoreJobIds.length > 0 ? 4 : 0) + (instanceName === '*' ? 0 : 2) + (groupId === '*' ? 0 : 1);
}

/** As far as the configuration alone tells. */
function overlaps(one: Coverage, other: Coverage): boolean {
  const isSame = (a: string, b: string): boolean => a === '*' || b === '*' || a === b;
  const isOut = (named: Coverage, by: Coverage): boolean =>
    named.instanceName !== '*' && isExcluded(by.exclude, named);
  const namesOthers =
    one.restoreJobIds.length > 0 &&
    other.restoreJobIds.length > 0 &&
    !one.restoreJobIds.some((id) => other.restoreJobIds.includes(id));
  return (
    isSame(one.groupId, other.groupId) &&
    isSame(one.instanceName, other.instanceName) &&
    !namesOthers &&
    !isOut(one, other) &&
    !isOut(other, one)
  );
}

import type { Observation } from '../../domain/job/observation.ts';
import type { JobReader } from '../../store/ports/jobs.ts';

/** What is asked of the store. */
export type TargetKeyStore = Pick<JobReader, 'targetKeysOf'>;

/** Tells where jobs were found, by the keys of their targets; of one that was pruned meanwhile, nothing. @throws {StoreError} */
export type TargetKeys = (observations: readonly Observation[]) => Promise<Map<Observation, string>>;

/**
 * Makes a reader of the targets of jobs. What a job calls its instance does not name the target: in Ops Manager a cluster is watched by its id, and
 * its jobs say its name. What was asked for last is remembered: who asks every second asks for the same jobs.
 */
export function rememberTargetKeys(store: TargetKeyStore): TargetKeys {
  let known = new Map<string, string>();
  return async (observations) => {
    const found = new Map<string, string>();
    for (const [watch, own] of Map.groupBy(observations, (each) => each.watch)) {
      const unknown: string[] = [];
      for (const { jobId } of own) {
        const key = known.get(nameOf(watch, jobId));
        if (key === undefined) unknown.push(jobId);
        else found.set(nameOf(watch, jobId), key);
      }
      if (unknown.length === 0) continue;
      for (const [jobId, key] of await store.targetKeysOf(watch, unknown))
        found.set(nameOf(watch, jobId), key);
    }
    known = found;
    return new Map(
      observations.flatMap((each) => {
        const key = found.get(nameOf(each.watch, each.jobId));
        return key === undefined ? [] : [[each, key] as const];
      }),
    );
  };
}

function nameOf(watch: string, jobId: string): string {
  return `${watch}/${jobId}`;
}

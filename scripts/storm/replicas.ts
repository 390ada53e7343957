import type { ActCounts } from '../../test/crash/replicas/acts.ts';
import { tableOfReplicas, violationsOfReplicas } from '../../test/crash/replicas/report.ts';
import { type ReplicaStormOptions, runReplicaStorm } from '../../test/crash/replicas/storm.ts';

/** What happens in the storm in full. */
const ACTS: ActCounts = {
  kills: 100,
  pauses: 15,
  cuts: 42,
  clockSteps: 15,
  fastRestarts: 7,
  immediateRestarts: 3,
};

/**
 * The storm over several replicas: in full (`share` 1) some forty minutes on an idle machine. Prints a Markdown table. Returns the
 * violations.
 */
export async function stormOverReplicas({
  share,
  ...options
}: Pick<ReplicaStormOptions, 'replicas' | 'jobs' | 'troubles' | 'logs'> & { share: number }): Promise<
  string[]
> {
  const begun = Date.now();
  const report = await runReplicaStorm({
    ...options,
    acts: partOf(ACTS, share),
    log: (text) => console.error(`${Math.round((Date.now() - begun) / 1_000)} s: ${text}`),
  });
  console.log(tableOfReplicas(report));
  for (const [message, count] of Object.entries(report.saidInAlarm)) console.error(`${count} × ${message}`);
  return violationsOfReplicas(report);
}

/** Everything in proportion, and at least once. */
function partOf(acts: ActCounts, share: number): ActCounts {
  const part = (count: number): number => Math.max(1, Math.round(count * share));
  const { kills, pauses, cuts, clockSteps, fastRestarts, immediateRestarts } = acts;
  return {
    kills: part(kills),
    pauses: part(pauses),
    cuts: part(cuts),
    clockSteps: part(clockSteps),
    fastRestarts: part(fastRestarts),
    immediateRestarts: part(immediateRestarts),
  };
}

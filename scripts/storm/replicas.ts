import { tableOfReplicas, violationsOfReplicas } from '../../test/crash/replicas/report.ts';
import { type ReplicaStormOptions, runReplicaStorm } from '../../test/crash/replicas/storm.ts';

/** The storm over several replicas, in full: some forty minutes. Prints a Markdown table. Returns the violations. */
export async function stormOverReplicas(
  options: Pick<ReplicaStormOptions, 'replicas' | 'jobs' | 'troubles' | 'logs'>,
): Promise<string[]> {
  const begun = Date.now();
  const report = await runReplicaStorm({
    ...options,
    acts: { kills: 100, pauses: 15, cuts: 42, clockSteps: 15, fastRestarts: 7, immediateRestarts: 3 },
    log: (text) => console.error(`${Math.round((Date.now() - begun) / 1_000)} s: ${text}`),
  });
  console.log(tableOfReplicas(report));
  for (const [message, count] of Object.entries(report.saidInAlarm)) console.error(`${count} × ${message}`);
  return violationsOfReplicas(report);
}

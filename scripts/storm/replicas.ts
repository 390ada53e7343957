import { join } from 'node:path';
import { bundleProgram } from '../build/bundle.ts';

const PROGRAM = join(import.meta.dirname, '../../dist/storm');

/** The storm over several replicas, in full: some forty minutes. Prints a Markdown table. Returns the violations. */
export async function stormOverReplicas(replicas: number, jobs: number, share: number): Promise<string[]> {
  await bundleProgram(PROGRAM);
  process.env.TEST_PROGRAM = join(PROGRAM, 'main.js');
  // They look for the program when they are loaded.
  const { runReplicaStorm } = await import('../../test/crash/replicas/storm.ts');
  const { tableOfReplicas, violationsOfReplicas } = await import('../../test/crash/replicas/report.ts');
  const begun = Date.now();
  const report = await runReplicaStorm({
    replicas,
    acts: { kills: 100, pauses: 15, cuts: 42, clockSteps: 15, fastRestarts: 7, immediateRestarts: 3 },
    jobs,
    troubles: { share, mostPerEvent: 2 },
    log: (text) => console.error(`${Math.round((Date.now() - begun) / 1_000)} s: ${text}`),
  });
  console.log(tableOfReplicas(report));
  for (const [message, count] of Object.entries(report.saidInAlarm)) console.error(`${count} × ${message}`);
  return violationsOfReplicas(report);
}

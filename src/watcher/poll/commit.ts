import type { Comparer } from './compare.ts';
import type { PollDeps, PollInput } from './input.ts';

/**
 * Records what has gathered. A transaction holds all that was found of the jobs in it; where many have changed there are several, of as
 * many jobs as fit into a turn of the event loop, and everything else gets its turn before each (`Recorder.recordPoll`). Killed between two
 * of them, the next poll finds the rest.
 *
 * `isComplete`: the target has now been read whole, so its baseline stands, with the last transaction. Jobs asked for by name are no
 * baseline: once their ids leave the configuration, the first listing must not take the instance's whole past for news. An aborted cycle
 * may have been given up and another one begun: it writes nothing more, and rejects with the signal's reason.
 * @returns how many observations had changed; 0 also when nothing was written.
 * @throws {StoreError} and then what was not recorded is still among the findings.
 */
export async function commitFindings(
  { recorder, portion }: Pick<PollDeps, 'recorder' | 'portion'>,
  { watch, target, signal, progress }: Pick<PollInput, 'watch' | 'target' | 'signal' | 'progress'>,
  comparer: Comparer,
  { isComplete }: { isComplete: boolean },
): Promise<number> {
  signal.throwIfAborted();
  const takesBaseline = isComplete && comparer.isFirstLook;
  const { changes, jobs } = comparer;
  if (!takesBaseline && changes === 0) return 0;
  const usuals = await recorder.usualsFor(target, comparer.findings().comparisons);
  for (let isLast = false; !isLast; ) {
    const findings = comparer.findings(portion ?? recorder.jobsAtATime);
    isLast = findings.observations.length === comparer.changes;
    const baseline = takesBaseline && isLast ? { jobs } : null;
    await recorder.recordPoll({ ...findings, watch, target, baseline, usuals }, signal);
    comparer.forget(findings);
    progress?.advanced();
  }
  return changes;
}

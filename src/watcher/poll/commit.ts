import type { Comparer } from './compare.ts';
import type { PollDeps, PollInput } from './input.ts';

/**
 * Records what has gathered, in one transaction. `isComplete`: the target has now been read whole, so its baseline stands. Jobs asked
 * for by name are no baseline: once their ids leave the configuration, the first listing must not take the instance's whole past for
 * news. An aborted cycle may have been given up and another one begun: it writes nothing, and rejects with the signal's reason.
 * @returns how many observations had changed; 0 also when nothing was written.
 * @throws {StoreError} and then nothing was recorded.
 */
export async function commitFindings(
  { recorder }: Pick<PollDeps, 'recorder'>,
  { watch, target, signal }: Pick<PollInput, 'watch' | 'target' | 'signal'>,
  comparer: Comparer,
  { isComplete }: { isComplete: boolean },
): Promise<number> {
  signal.throwIfAborted();
  const takesBaseline = isComplete && comparer.isFirstLook;
  const { changes, jobs } = comparer;
  if (!takesBaseline && changes === 0) return 0;
  const baseline = takesBaseline ? { jobs } : null;
  await recorder.recordPoll({ ...comparer.findings(), watch, target, baseline }, signal);
  comparer.clearFindings();
  return changes;
}

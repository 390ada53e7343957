import { targetKey } from '../../domain/job/watch.ts';
import { asFailure, Poll } from './cycle.ts';
import type { PollDeps, PollInput, PollReport } from './input.ts';

export type { PageNote, PollDeps, PollInput, PollReport } from './input.ts';

/**
 * One cycle of one watch: read, compare, plan, commit. Everything found is committed in one transaction (a long baseline in
 * several); nothing is written when nothing has changed. A listing that breaks off changes nothing; asking by id, each answer
 * stands for itself. Never throws for a fault of Atlas: that is `failure`.
 * @throws {StoreError} when the store fails; nothing of this cycle was recorded then and the next one finds it again.
 */
export async function pollTarget(deps: PollDeps, input: PollInput): Promise<PollReport> {
  const memory = await deps.store.readTarget(targetKey(input.target), deps.clock.now());
  const poll = new Poll(deps, input, memory);
  let failure: Error | null;
  try {
    failure = poll.namesJobs ? await poll.readNamed() : await poll.readListing();
  } catch (thrown) {
    return poll.report(asFailure(thrown, input.signal));
  }
  await poll.commit({ isComplete: failure === null });
  poll.rememberPages();
  return poll.report(failure);
}

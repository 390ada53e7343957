import type { Store } from '../../src/store/store.ts';
import { wholeShare } from '../../src/watcher/share/whole-share.ts';
import type { TargetBookDeps } from '../../src/watcher/watch/targets/target-book.ts';

/** What a book of targets works with that has all of its watch. */
export function wholeOf(store: Store): Pick<TargetBookDeps, 'share' | 'writersFor'> {
  return { share: wholeShare(), writersFor: () => ({ store, recorder: null }) };
}

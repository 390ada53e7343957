import type { Clock } from '../../clock.ts';
import type { Failing } from '../watch/account.ts';
import type { TargetBook } from '../watch/targets/target-book.ts';
import { type Troubles, toFault } from '../watch/troubles.ts';
import { isLimitedElsewhere, isWholeWell, type ShareScene, toldHere } from './telling.ts';
import type { WatchShare } from './watch-share.ts';

/** What the account of a share works with. */
export interface ShareAccountDeps {
  clock: Pick<Clock, 'now'>;
  share: WatchShare;
  book: Pick<TargetBook, 'projects' | 'hasProjects' | 'labelsOf' | 'hasWork' | 'doubted'>;
  troubles: Pick<Troubles, 'all' | 'tooSeldom'>;
  /** Nothing of the share could be read by the last poll. */
  isWholeFailing: () => boolean;
  /** The last poll itself has come to no fault of all of it. */
  hasNoFailure: () => boolean;
}

/** Takes account of how one replica gets on with its share of a watch: what it tells, and what the others are to know. */
export class ShareAccount {
  readonly #deps: ShareAccountDeps;

  constructor(deps: ShareAccountDeps) {
    this.#deps = deps;
  }

  /** What is in the way, as it is told: all of it where the watch is this process's alone. */
  told(): Failing[] {
    const { share, troubles } = this.#deps;
    const all = [...troubles.all(), ...troubles.tooSeldom()];
    return share.isWhole ? all : toldHere({ ...this.#scene(all), troubles: all });
  }

  /** Nothing is in the way of the whole watch. @param isOwnWell as far as the last poll here shows. */
  isWell(isOwnWell: boolean): boolean {
    return this.#deps.share.isWhole
      ? isOwnWell
      : isWholeWell(this.#scene(this.#deps.troubles.all()), isOwnWell);
  }

  /** A rate limit is in the way of another replica's share. */
  isLimitedElsewhere(): boolean {
    return isLimitedElsewhere(this.#deps.share.others());
  }

  /** Has the others know. */
  note(): void {
    const { share, book, troubles } = this.#deps;
    if (share.isWhole) return;
    const all = troubles.all();
    const own = [...all, ...troubles.tooSeldom()].find(({ part }) => part === null);
    const { hasProjects, isBlind } = this.#scene(all);
    const fault = own ? { ...toFault(own.fault), isBlind } : null;
    share.note(!hasProjects ? null : { fault, doubted: book.doubted() });
  }

  #scene(all: readonly Failing[]): Omit<ShareScene, 'troubles'> {
    const { share, book, clock, isWholeFailing, hasNoFailure } = this.#deps;
    const isHeldUp = hasNoFailure() && all.some(({ part }) => part === null);
    return {
      isBlind: isWholeFailing() || isHeldUp,
      isDiscovery: share.discovery() !== null,
      hasProjects: book.hasProjects(),
      projects: () => book.projects().map((place) => ({ place, labels: book.labelsOf(place) })),
      others: share.others(),
      now: clock.now(),
    };
  }
}

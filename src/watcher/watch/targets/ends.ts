import type { Fate } from '../../../domain/job/cession.ts';
import { placeKey, type WatchPlace } from '../../../domain/job/place.ts';
import { canRead, type Finding } from './scope.ts';
import type { TargetBook } from './target-book.ts';

/** A part is well when it was read: an instance itself, of a project its list and any of its instances. */
export function endsFrom(
  book: TargetBook,
  findings: readonly Finding[],
  failing: ReadonlyArray<{ place: WatchPlace }>,
): (place: WatchPlace) => 'well' | Fate | null {
  const keys = new Set(failing.map(({ place }) => placeKey(place)));
  const ofProject = Map.groupBy(findings, ({ groupId }) => groupId);
  const ofInstance = Map.groupBy(findings, placeKey);
  return (place) => {
    if (keys.has(placeKey(place))) return null;
    const fate = book.fateOf(place);
    if (fate !== null) return fate;
    const inside =
      (place.instanceName === null ? ofProject.get(place.groupId) : ofInstance.get(placeKey(place))) ?? [];
    if (place.instanceName === null && inside.length === 0)
      return book.isListed(place.groupId) ? 'well' : null;
    return canRead(inside) ? 'well' : null;
  };
}

import type { DrillPlace } from '../../domain/drills/drill-place.ts';

/** How far the audit log was read for a drill, and by which rules. */
export interface DrillMark {
  /** Names the drill; see `drillKey`. */
  drill: string;
  /** Everything up to this entry of the audit log is reckoned in. */
  seq: number;
  /** Entries up to this one tell of the time before the drill was agreed. */
  agreedAtSeq: number;
  /** Stands for which restores count: where that changes, the log is read anew. */
  scope: string;
}

/** What has changed for a drill. */
export interface DrillChange {
  mark: DrillMark;
  /** Everything that was kept of the drill is forgotten first. */
  isNew: boolean;
  /** By `placeKey`; `null`: nothing is kept of it any more. */
  places: ReadonlyArray<{ key: string; place: DrillPlace | null }>;
}

/**
 * How drills stand.
 * @throws {StoreError} from every method.
 */
export interface DrillReader {
  /** How far each drill was reckoned, by `drillKey`. */
  drillMarks(): Promise<Map<string, DrillMark>>;
  /** How a drill stands at each instance, by `placeKey`. */
  drillPlaces(drill: string): Promise<Map<string, DrillPlace>>;
}

/** How drills stand, for whoever reckons that. What changes along with an alert goes into `AlertCommit.drills`. */
export interface DrillStore extends DrillReader {
  /** Forgets drills that nobody asks for any more. One transaction. */
  forgetDrills(drills: readonly string[]): Promise<void>;
}

import type { AuditEntry } from '../../domain/audit.ts';
import { type Drill, drillKey } from '../../domain/drills/drill.ts';
import { type DrillPlace, newPlace, type PlaceChange, readEntry } from '../../domain/drills/drill-place.ts';
import type { Timestamp } from '../../domain/instant.ts';
import { placeKey } from '../../domain/job/place.ts';
import { isWildcard, type Watch } from '../../domain/job/watch.ts';
import type { DrillChange, DrillMark } from '../../store/ports/drills.ts';

/** So many entries are read again at most after a restart: how far the log was read is written down when something changes, or after these. */
const MARK_EVERY = 5_000;

/** How one drill stands, as far as the audit log was read; in memory, and written down as it changes. */
export class DrillLedger {
  readonly drill: Drill;
  readonly watch: Watch;
  #mark: DrillMark;
  #places: Map<string, DrillPlace>;
  #changed = new Map<string, DrillPlace | null>();
  #isNew: boolean;
  #writtenSeq: number;

  /**
   * @param kept what the store has of it; a mark of another scope counts for nothing.
   * @param since of a watch that names its instance: since when a restore is waited for there, as far as the store knows.
   */
  constructor(
    { drill, watch }: { drill: Drill; watch: Watch },
    kept: { mark: DrillMark; places: Map<string, DrillPlace> } | null,
    { headSeq, since }: { headSeq: number; since: Timestamp },
  ) {
    this.drill = drill;
    this.watch = watch;
    const scope = scopeOf(drill, watch);
    const known = kept !== null && kept.mark.scope === scope ? kept : null;
    this.#isNew = known === null;
    this.#mark = known?.mark ?? { drill: drillKey(drill), seq: 0, agreedAtSeq: headSeq, scope };
    this.#places = known?.places ?? new Map();
    this.#writtenSeq = this.#mark.seq;
    if (!isWildcard(watch) && !this.#places.has(placeKey(watch)))
      this.set(placeKey(watch), newPlace(watch, since));
  }

  /** The last entry of the audit log that is reckoned in. */
  get seq(): number {
    return this.#mark.seq;
  }

  get places(): ReadonlyMap<string, DrillPlace> {
    return this.#places;
  }

  /** Reckons an entry in; one that is reckoned in already changes nothing. */
  read(entry: AuditEntry): PlaceChange[] {
    if (entry.seq <= this.#mark.seq) return [];
    this.#mark = { ...this.#mark, seq: entry.seq };
    const judges = entry.seq > this.#mark.agreedAtSeq;
    const changes = readEntry(this, this.#places, entry, judges);
    for (const { key, place } of changes) this.set(key, place);
    return changes;
  }

  set(key: string, place: DrillPlace | null): void {
    if (place === null) this.#places.delete(key);
    else this.#places.set(key, place);
    this.#changed.set(key, place);
  }

  /** What has to be written down; `null`: nothing yet. */
  get change(): DrillChange | null {
    const isDue = this.#isNew || this.#changed.size > 0 || this.seq - this.#writtenSeq >= MARK_EVERY;
    return isDue
      ? {
          mark: this.#mark,
          isNew: this.#isNew,
          places: [...this.#changed].map(([key, place]) => ({ key, place })),
        }
      : null;
  }

  /** That change is written down. */
  written({ mark }: DrillChange): void {
    this.#changed.clear();
    this.#isNew = false;
    this.#writtenSeq = mark.seq;
  }
}

/** Which restores count: where that changes, what was counted before counts no more. */
function scopeOf(
  { watch, targets }: Drill,
  { kind, groupId, instanceName }: Pick<Watch, 'kind' | 'groupId' | 'instanceName'>,
): string {
  return JSON.stringify([watch, kind, groupId, instanceName, ...targets.toSorted()]);
}

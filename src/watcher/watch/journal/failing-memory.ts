import type { AuditDraft } from '../../../domain/audit.ts';
import { aboutKey, partsOfKey } from '../../../domain/event/alert.ts';
import type { Timestamp } from '../../../domain/instant.ts';
import type { WatchPlace } from '../../../domain/job/place.ts';
import type { Recorder } from '../../record/recorder.ts';
import type { WritersFor } from '../../share/watch-share.ts';

/** No fault is believed to have lasted longer: most likely the clock has stepped. */
const LONGEST_MS = 31 * 86_400_000;

/** Begins the key of a memory in the store. */
export const FAILING_SINCE = 'failing_since';

/**
 * Since when a watch or a part of it (`place`) fails, kept in the store: a process that lives for less than `failingAfter` (a crash loop,
 * `once`) tells of it too.
 */
export interface FailingMemory {
  /**
   * It fails, as far as this process knows since `since`. Written down with the audit entries, once.
   * @returns since when it really does, going by earlier processes too.
   * @throws {StoreError}
   */
  begin(place: WatchPlace | null, since: Timestamp, audit: readonly AuditDraft[]): Promise<Timestamp>;
  /** It fails no more. Writes nothing where there is neither an end nor an audit entry to be written. @throws {StoreError} */
  end(place: WatchPlace | null, at: Timestamp, audit: readonly AuditDraft[]): Promise<void>;
  /** The parts that are remembered to fail. @throws {StoreError} */
  places(): Promise<WatchPlace[]>;
  /** What is ours of the watch has changed: what others have written about it is read anew. */
  forget(): void;
}

/** What the memory works with. */
export interface FailingMemoryDeps {
  recorder: Pick<Recorder, 'alerts'>;
  /** What is remembered is written by who has the right to that part; of what is another replica's nothing is written. */
  writersFor: WritersFor<unknown, Pick<Recorder, 'recordAlertState' | 'recordAudit'>>;
}

/** Remembers for the watch of this name. */
export function createFailingMemory(
  { recorder, writersFor }: FailingMemoryDeps,
  watch: string,
): FailingMemory {
  const keyOf = (place: WatchPlace | null): string => `${FAILING_SINCE}/${aboutKey(watch, place)}`;
  /** As the store has it; `null` until it was asked. */
  let kept: Map<string, Timestamp> | null = null;

  const look = async (): Promise<Map<string, Timestamp>> => {
    kept ??= new Map(
      [...(await recorder.alerts.about(watch))].filter(([key]) => partsOfKey(key).name === FAILING_SINCE),
    );
    return kept;
  };
  /** Whatever was refused may be on record all the same. */
  const written = async (work: Promise<void>): Promise<void> => {
    try {
      await work;
    } catch (error) {
      kept = null;
      throw error;
    }
  };
  const writerOf = (place: WatchPlace | null) => writersFor(place?.groupId ?? null)?.recorder ?? null;
  const forget = async (
    writer: NonNullable<ReturnType<typeof writerOf>>,
    key: string,
    at: Timestamp,
    audit: readonly AuditDraft[],
  ): Promise<void> => {
    await written(writer.recordAlertState({ clear: key }, at, audit));
    kept?.delete(key);
  };

  return {
    begin: async (place, since, audit) => {
      const writer = writerOf(place);
      if (writer === null) return since;
      const key = keyOf(place);
      const earlier = (await look()).get(key);
      if (earlier !== undefined && credibleMs(earlier, since) !== null) {
        await writer.recordAudit(...audit);
        return earlier;
      }
      if (earlier !== undefined) await forget(writer, key, since, []);
      await written(writer.recordAlertState({ raise: key }, since, audit));
      kept?.set(key, since);
      return since;
    },
    end: async (place, at, audit) => {
      const writer = writerOf(place);
      if (writer === null) return;
      const key = keyOf(place);
      if ((await look()).has(key)) await forget(writer, key, at, audit);
      else await writer.recordAudit(...audit);
    },
    places: async () => [...(await look()).keys()].flatMap((key) => partsOfKey(key).place ?? []),
    forget: () => {
      kept = null;
    },
  };
}

/** How long it is from one time to another by the wall clock, which is all that two processes share; `null` when that makes no sense. */
export function credibleMs(from: Timestamp, to: Timestamp): number | null {
  const ms = to - from;
  return ms >= 0 && ms <= LONGEST_MS ? ms : null;
}

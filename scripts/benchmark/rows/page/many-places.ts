import type { CoverageSpan, CoverageWriter } from '../../../../src/domain/coverage/span.ts';
import { openSqliteStore } from '../../../../src/store/sqlite/sqlite-store.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A process that watched them, each after the one before, over 30 days. */
const PROCESSES = 5;
const PROCESS_MS = 6 * DAY;
const PLACES_PER_PROJECT = 25;
const SPANS_AT_ONCE = 500;

/** What was written. */
export interface ManyPlaces {
  places: number;
  spans: number;
}

/**
 * Writes how so many instances were watched over the last 30 days, into a store that is not there yet: by processes of which each was started
 * again, and could not reach Atlas for an hour. The last one goes on.
 */
export async function recordManyPlaces(path: string, watch: string, places: number): Promise<ManyPlaces> {
  const store = await openSqliteStore({ path });
  const now = Date.now();
  let spans = 0;
  try {
    for (let number = 0; number < PROCESSES; number += 1) {
      const startedAt = now - (PROCESSES - number) * PROCESS_MS;
      const isLast = number === PROCESSES - 1;
      const writer: CoverageWriter = {
        id: `process-${number}`,
        startedAt,
        // Of the last one nobody writes down that it lives, so it has to be taken for alive for as long as it is measured.
        aliveAt: isLast ? now + HOUR : startedAt + PROCESS_MS - 60_000,
        endedAt: isLast ? null : startedAt + PROCESS_MS - 60_000,
      };
      const written = Array.from({ length: places }, (_, place) => spansOf(watch, place, writer)).flat();
      for (let at = 0; at < written.length; at += SPANS_AT_ONCE) {
        const portion = written.slice(at, at + SPANS_AT_ONCE);
        const firsts = portion.filter((span) => span.number % 2 === 0).map((span) => span.number);
        await store.noteCoverage({ writer, spans: portion, firsts });
      }
      spans += written.length;
    }
  } finally {
    await store.close();
  }
  return { places, spans };
}

/** Watched, for an hour in the middle not, and watched again. */
function spansOf(watch: string, place: number, { startedAt }: CoverageWriter): CoverageSpan[] {
  const from = startedAt + place;
  const [lostAt, backAt] = [from + PROCESS_MS / 2, from + PROCESS_MS / 2 + HOUR];
  const where = {
    watch,
    groupId: `64b0c1d2e3f4a5b6c7d8${Math.floor(place / PLACES_PER_PROJECT)
      .toString(16)
      .padStart(4, '0')}`,
    instanceName: `instance-${place}`,
    slackMs: 60_000,
  };
  return [
    { ...where, number: place * 2, from, to: lostAt, cause: 'atlas_away', until: backAt },
    { ...where, number: place * 2 + 1, from: backAt, to: null, cause: null, until: null },
  ];
}

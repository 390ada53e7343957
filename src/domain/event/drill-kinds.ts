import { formatSpan } from '../instant.ts';
import type { EventKind } from './event-kind.ts';

/** A drill, its watch, and in words the one of several instances that is meant. */
interface DrillNamed {
  /** `null`: `expectRestoreEvery` of the watch. */
  drill: string | null;
  watch: string;
  place: string | null;
}

/** The rows of `EVENT_KINDS` about restore drills. */
export const DRILL_KINDS = {
  drill_overdue: {
    about: 'watch',
    severity: 'warning',
    mutedBy: 'any',
    opens: 'drill',
    closes: [],
    inDigest: { rank: 9, words: 'drill overdue' },
    noteLabel: 'Agreed',
    /** `forMs`: since the last one finished; `null`: none ever has. */
    summary: ({ forMs, ...drill }: { forMs: number | null } & DrillNamed) =>
      overdue(drill, forMs === null ? 'while it was watched' : `for ${formatSpan(forMs)}`),
    advice:
      'No restore has finished here for longer than agreed. Run a restore drill, or find out why the last one did not finish.',
    lasts: {
      again: ({ name: watch, drill, place, lasting, sinceFinishedMs: forMs }) =>
        drill === null && place === null
          ? overdue(
              { watch, drill, place },
              forMs === null ? 'while it was watched' : `for ${formatSpan(forMs)}`,
            )
          : `${drillWords({ watch, drill, place })} is still overdue, ${lasting}`,
    },
    sample: (watch) => `No restore of watch ${watch} has finished for longer than agreed`,
  },
  drill_failed: {
    about: 'watch',
    severity: 'warning',
    mutedBy: 'any',
    opens: 'drill',
    closes: [],
    inDigest: { rank: 15, words: 'drill failed' },
    noteLabel: 'Agreed',
    /** `why`: what the restore lacks, in words. */
    summary: ({ restore, why, ...drill }: { restore: string; why: string } & DrillNamed) =>
      `${drillWords(drill)} did not go as agreed: restore ${restore}: ${why}`,
    advice:
      'The restore counts as a drill, and does not prove that a restore goes as agreed. Find out why, and run another one.',
    lasts: {
      again: ({ name: watch, drill, place, lasting }) =>
        `${drillWords({ watch, drill, place })} has not gone as agreed, ${lasting}`,
    },
    sample: (watch) => `A restore drill of watch ${watch} did not go as agreed`,
  },
  drill_passed: {
    about: 'watch',
    severity: 'info',
    isRelief: true,
    mutedBy: 'any',
    opens: null,
    closes: ['drill'],
    inDigest: { rank: 16, words: 'drill passed' },
    /** `how`: what ends it, in words; `null`: nobody asks for the drill any more. */
    summary: ({ how, ...drill }: { how: string | null } & DrillNamed) =>
      how === null
        ? `${drillWords(drill)} is no longer agreed`
        : `${drillWords(drill)} is in order again: ${how}`,
    advice: 'What was told of this drill no longer holds. Nothing to do.',
    sample: (watch) => `The restore drill of watch ${watch} is in order again`,
  },
} as const satisfies Record<string, EventKind>;

function overdue(named: DrillNamed, span: string): string {
  const { drill, watch, place } = named;
  if (drill !== null) return `${drillWords(named)} is overdue: no restore has finished ${span}`;
  return place === null
    ? `No restore of watch ${watch} has finished ${span}`
    : `No restore of ${place} (watch ${watch}) has finished ${span}`;
}

/** `Drill quarterly (orders in project alpha)`, `Restore drill of watch orders` */
function drillWords({ drill, watch, place }: DrillNamed): string {
  if (drill === null) return `Restore drill of ${place ?? `watch ${watch}`}`;
  return place === null ? `Drill ${drill}` : `Drill ${drill} (${place})`;
}

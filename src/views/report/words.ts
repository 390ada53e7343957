import { GAP_CAUSES, isGapCause } from '../../domain/coverage/causes.ts';
import { formatSpan, type Timestamp, toIso } from '../../domain/instant.ts';
import type { Actor } from '../../domain/job/actor.ts';
import type { BlindSpan, RestoreRow } from '../../domain/report/report.ts';
import { faultWords } from '../fault-words.ts';

/** `2026-07-02` */
export function dayWords(at: Timestamp): string {
  return toIso(at).slice(0, 10);
}

/** `03:26` */
export function timeWords(at: Timestamp): string {
  return toIso(at).slice(11, 16);
}

/** `2026-07-02 03:26` */
export function instantWords(at: Timestamp): string {
  return `${dayWords(at)} ${timeWords(at)}`;
}

/** `43.7 min`, `2 h 10 min`, `3 d` */
export function durationWords(ms: number): string {
  const minutes = ms / 60_000;
  return minutes < 60 ? `${minutes.toFixed(1)} min` : formatSpan(ms);
}

/** `21.8 h`, or `12 d` from four days on. */
export function ageWords(ms: number): string {
  const hours = ms / 3_600_000;
  return hours < 96 ? `${hours.toFixed(1)} h` : `${Math.round(hours / 24)} d`;
}

/** Who began a restore, and how sure that is. */
export function actorWords(actor: Actor | null): { who: string; confidence: string } {
  if (actor === null) return { who: 'not looked up', confidence: '' };
  switch (actor.confidence) {
    case 'exact':
    case 'likely':
      return { who: actor.name ?? actor.id, confidence: actor.confidence };
    case 'ambiguous':
      return {
        who: actor.candidates.map(({ id, name }) => name ?? id).join(' or ') || 'several',
        confidence: 'ambiguous',
      };
    case 'none':
      return { who: 'nobody known', confidence: actor.because.replaceAll('_', ' ') };
  }
}

/** What a restore came to. */
export function outcomeWords({ outcome, warnings, isWithinRto }: RestoreRow): string {
  const ended = outcome === 'in_progress' ? 'running' : outcome;
  if (warnings) return `${ended}, with warnings`;
  return isWithinRto === false && outcome !== 'failed' ? `${ended}, over RTO` : ended;
}

/** Why nobody looked, where that is no fault of reading. */
const CAUSES = new Map<string, string>([
  ['stopped', GAP_CAUSES.stopped],
  ['killed', GAP_CAUSES.killed],
]);

/** Why a watch could not see. */
export function causeWords({ by, cause }: BlindSpan): string {
  if (by === 'coverage') return isGapCause(cause) ? GAP_CAUSES[cause] : cause.replaceAll('_', ' ');
  return CAUSES.get(cause) ?? faultWords(cause, 'past');
}

/** What a drill lacks, in words for a table. */
export function lackWords(reasons: readonly string[]): string {
  return reasons.length === 0 ? 'as agreed' : reasons.map((reason) => reason.replaceAll('_', ' ')).join(', ');
}

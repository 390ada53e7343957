import type { Timestamp } from '../instant.ts';
import { lives } from './periods.ts';
import type { CoverageWriter, CoveredPlace, RecordedSpan } from './span.ts';

/**
 * Whether a place is followed at present. `unfollowed`: no living process has noted anything of it, or it has noted that the place has left;
 * `unknown`: no living process keeps coverage of the watch.
 */
export type Following = 'followed' | 'unfollowed' | 'unknown';

/**
 * Says whether any process that lives follows this place. A place that cannot be read is followed.
 * @param spans of the watch, the last one of each place among them.
 * @returns `sinceAt`: since when the processes live that say so, the one that has lived longest.
 */
export function followingOf(
  { watch, groupId, instanceName }: CoveredPlace,
  { spans, writers }: { spans: readonly RecordedSpan[]; writers: readonly CoverageWriter[] },
  now: Timestamp,
): { following: Following; sinceAt: Timestamp } {
  const living = new Map(writers.filter((writer) => lives(writer, now)).map((writer) => [writer.id, writer]));
  const ofWatch = spans.filter((span) => span.watch === watch && living.has(span.writer));
  const sinceAt = Math.min(...ofWatch.map(({ writer }) => living.get(writer)?.startedAt ?? now));
  if (ofWatch.length === 0) return { following: 'unknown', sinceAt: now };
  const last = ofWatch
    .filter((span) => span.groupId === groupId && span.instanceName === instanceName)
    .toSorted((a, b) => a.from - b.from)
    .at(-1);
  const hasLeft = last === undefined || last.cause === 'gone' || last.cause === 'ceded';
  return { following: hasLeft ? 'unfollowed' : 'followed', sinceAt };
}

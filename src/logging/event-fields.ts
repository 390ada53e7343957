import type { WatcherEvent } from '../domain/event/event.ts';
import { jobOf, watchOf } from '../domain/event/subject.ts';

/**
 * The keys by which lines of the log are found again, the same wherever an event is told of: `event`, `eventId`, and as far as it is
 * about one, `watch`, `jobId` and `about` (the channel that it is about; `channel` is the one that it is sent to).
 */
export function eventFields(event: WatcherEvent): Readonly<Record<string, string>> {
  const watch = watchOf(event);
  const job = jobOf(event);
  return {
    ...(watch === null ? {} : { watch }),
    ...(job === null ? {} : { jobId: job.id }),
    ...(event.subject.kind === 'channel' ? { about: event.subject.channel } : {}),
    event: event.name,
    eventId: event.id,
  };
}

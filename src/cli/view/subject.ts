import type { WatcherEvent } from '../../domain/event/event.ts';
import { shortId } from '../../domain/job/restore-job.ts';

/** What an event is about, in short: a job, `watch orders`, or `channel oncall`. */
export function subjectOf({ job, watch, source }: Pick<WatcherEvent, 'job' | 'watch' | 'source'>): string {
  if (job !== null) return shortId(job.id);
  const channel = /^\/channels\/(.+)$/.exec(source)?.[1];
  return channel === undefined ? `watch ${watch}` : `channel ${channel}`;
}

import type { WatcherEvent } from '../event/event.ts';
import { type Timestamp, toIso } from '../instant.ts';
import { shortId } from '../job/restore-job.ts';
import { shellWord } from '../shell-word.ts';

/** Returns the command that explains who was told of an event and why; `null` for a sample, which is on no record. */
export function explainCommand({ subject, test }: Pick<WatcherEvent, 'subject' | 'test'>): string | null {
  if (test) return null;
  switch (subject.kind) {
    case 'job':
      return `restore-watcher history ${shellWord(shortId(subject.job.id))} --why`;
    case 'watch':
      return `restore-watcher history --watch ${shellWord(subject.watch)} --why`;
    case 'channel':
      return `restore-watcher deliveries --channel ${shellWord(subject.channel)}`;
    case 'audit':
      return 'restore-watcher audit verify';
  }
}

/** The same for several events told together: everything since the first of them was found. `null`: all are samples. */
export function explainAllCommand(
  events: ReadonlyArray<Pick<WatcherEvent, 'test' | 'detectedAt'>>,
): string | null {
  const times = events.flatMap(({ test, detectedAt }) => (test ? [] : [detectedAt]));
  return times.length === 0 ? null : `restore-watcher history --since ${minuteOf(Math.min(...times))} --why`;
}

/** `2026-11-02T08:14Z`, which `--since` takes. */
function minuteOf(at: Timestamp): string {
  return `${toIso(at).slice(0, 16)}Z`;
}

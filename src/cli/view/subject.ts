import type { EventSubject } from '../../domain/event/subject.ts';
import { placeWords } from '../../domain/job/place.ts';
import { shortId } from '../../domain/job/restore-job.ts';

/** What an event is about, in short: a job, `watch orders`, or `channel oncall`. */
export function subjectText(subject: EventSubject): string {
  switch (subject.kind) {
    case 'job':
      return shortId(subject.job.id);
    case 'watch':
      return `watch ${subject.watch}${subject.place ? `, ${placeWords(subject.place)}` : ''}`;
    case 'channel':
      return `channel ${subject.channel}`;
    case 'audit':
      return 'the audit log';
  }
}

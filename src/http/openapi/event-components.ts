import { DRILL_REASONS } from '../../domain/drills/drill.ts';
import { EVENT_NAMES } from '../../domain/event/event.ts';
import { SEVERITIES } from '../../domain/event/event-kind.ts';
import { JOB_KINDS, JOB_STATES } from '../../domain/job/restore-job.ts';
import {
  count,
  described,
  flag,
  instant,
  listOf,
  oneOf,
  orNull,
  record,
  ref,
  type Schema,
  text,
  texts,
} from './schema.ts';

/** A part of a watch. */
export const PLACE = record({ groupId: text }, { instanceName: text });

/** Which events go to which channels; a condition that is null takes all. */
export const ROUTE = record({
  events: listOf(oneOf(['*', ...EVENT_NAMES])),
  channels: texts,
  watches: orNull(texts, 'Names, in which * stands for any characters.'),
  labels: orNull({ type: 'object', additionalProperties: text }, 'All of these are on the watch.'),
  severities: orNull(listOf(oneOf(SEVERITIES))),
  targetClusterNames: orNull(texts),
  kinds: orNull(listOf(oneOf(JOB_KINDS))),
  deliveryTypes: orNull(texts),
  instanceNames: orNull(texts),
  crossProject: orNull(flag),
  remindEveryMs: orNull(count, 'What lasts is told again as often.'),
});

/** What is told of a restore drill, and lasts. */
export const DRILL_REPORT = record({
  watch: text,
  drill: orNull(text, 'Null: `expectRestoreEvery` of the watch.'),
  place: orNull(PLACE, 'The instance, of a watch that has several.'),
  state: oneOf(['overdue', 'failed']),
  since: described(instant, 'When it was told.'),
});

/** What an event says of a restore drill. */
export const DRILL = record({
  name: orNull(text, 'Null: `expectRestoreEvery` of the watch.'),
  jobId: orNull(text, 'The restore that counted.'),
  reasons: described(
    listOf(oneOf(DRILL_REASONS)),
    'Why it did not go as agreed; empty where it did, or none was run.',
  ),
});

/** What is said of an event wherever one is told. */
export const EVENT_FACTS = {
  event: oneOf(EVENT_NAMES),
  severity: oneOf(SEVERITIES),
  watch: described(text, 'Empty for what is about a channel or the audit log.'),
  labels: { type: 'object', additionalProperties: text },
  from: orNull(oneOf(JOB_STATES)),
  to: orNull(oneOf(JOB_STATES)),
  summary: text,
  detectedAt: instant,
  occurredAt: instant,
};

const EVENT_DATA = record(
  {
    ...EVENT_FACTS,
    inferred: flag,
    late: flag,
  },
  {
    place: described(PLACE, 'The part of its watch that it is about.'),
    drill: described(ref('Drill'), 'Only in what is told of a restore drill.'),
    occurredAfter: instant,
    note: described(text, 'What else is known about it.'),
    expectedEnd: instant,
    expectedEndBasis: oneOf(['progress', 'history']),
    reminder: described(count, 'The how manieth reminder it is; only in one.'),
    test: described(flag, 'Only in a sample.'),
    job: described(ref('RestoreJob'), 'Only in what is about one.'),
    log: described(text, 'The name of the audit log; only in what is about that.'),
    checkpoint: record({ size: count, root: text, note: described(text, 'The signed note.') }),
    witness: described(text, 'The name of its key.'),
  },
);

/** The event as a webhook receives it. */
export const CLOUD_EVENT: Schema = record(
  {
    specversion: { const: '1.0' },
    id: described(text, 'Of the event; the same on every channel and at every attempt.'),
    source: text,
    type: described(text, 'restore-watcher.job.*, .watch.*, .channel.* or .audit.*'),
    time: instant,
    datacontenttype: { const: 'application/json' },
    data: EVENT_DATA,
  },
  { subject: described(text, 'The id of the job, or the name of the watch.') },
);

import { GAP_CAUSES } from '../../domain/coverage/causes.ts';
import { EVENT_NAMES } from '../../domain/event/event.ts';
import { SEVERITIES } from '../../domain/event/event-kind.ts';
import { FAULT_WORDS } from '../../domain/evidence/wrong-entry.ts';
import { JOB_KINDS } from '../../domain/job/restore-job.ts';
import { DELIVERY_STATUSES } from '../../store/ports/outbox.ts';
import { CLOUD_EVENT, DRILL, DRILL_REPORT, EVENT_FACTS, PLACE, ROUTE } from './event-components.ts';
import { ATTESTATION, EXPECTED_END, JOB, JOB_OPTIONAL, RESTORE_JOB, USUAL } from './job-components.ts';
import {
  count,
  described,
  flag,
  instant,
  listOf,
  ms,
  oneOf,
  orNull,
  record,
  ref,
  type Schema,
  text,
  texts,
} from './schema.ts';
import { ELSEWHERE, FAULT, HINT, SHARE, THROTTLED } from './watch-parts.ts';

const RATIO: Schema = { type: 'number', minimum: 0, maximum: 1 };
const NAME_CHANGES = record({ added: texts, removed: texts, changed: texts });
const ISSUE = record({ path: text, message: text }, { line: described(count, 'Line of the file, from 1.') });

const MUTE = {
  id: count,
  watch: described(text, 'As all of these, a name or id in which * stands for any characters.'),
  project: orNull(text, 'Id of a project. Null, as in all of these: whatever it is.'),
  instance: orNull(text, 'Restored from, or watched.'),
  target: orNull(text, 'Cluster that is restored to.'),
  job: orNull(text),
  labels: orNull({ type: 'object', additionalProperties: text }, 'All of these are on the watch.'),
  events: orNull(listOf(oneOf(EVENT_NAMES)), 'Null: all but those about the watching itself.'),
  createdAt: instant,
  until: orNull(instant, 'Null: it comes round until it is removed.'),
  every: orNull(text, 'Cron expression, of one that comes round.'),
  timeZone: orNull(text, 'IANA zone that it is read in.'),
  forMs: orNull(count, 'How long it is in force each time.'),
  author: text,
  reason: text,
  removedAt: orNull(instant),
  removedBy: orNull(text),
};

const MUTE_NOW = {
  ...MUTE,
  inForce: flag,
  inForceUntil: orNull(instant, 'Null: it is not in force.'),
  nextAt: orNull(instant, 'When one that comes round, and is not in force, is in force next.'),
};

const WATCH_REPORT = record({
  watch: text,
  sight: oneOf(['sees', 'partly_blind', 'blind', 'starting', 'elsewhere', 'unwatched']),
  why: orNull(text, 'Why it does not see all.'),
  schedule: orNull(text),
  scheduledMs: orNull({ type: 'number' }, 'From one poll to the next, as the schedule has it.'),
  periodMs: orNull({ type: 'number' }, 'The same as the rate limits allow it.'),
  throttled: orNull(THROTTLED, 'Which rate limit keeps it from its schedule.'),
  hint: orNull(HINT, 'How far activity feeds tell when to poll; null: the watch goes without.'),
  lastSuccessAt: orNull(instant),
  nextPollAt: orNull(instant),
  running: orNull(count, 'Null: the store cannot be read.'),
  jobs: { type: 'object', additionalProperties: count, description: 'On record, by state.' },
  polledBy: orNull(text, 'The replica that polls it, where that is another one.'),
  share: orNull(SHARE, 'How much of a watch of all projects this replica polls, where several share it.'),
});

const CHANNEL_REPORT = record({
  channel: text,
  state: oneOf(['accepts', 'failing', 'waiting', 'elsewhere']),
  since: orNull(instant),
  detail: orNull(text),
  owed: orNull(count, 'Now, without what waits for a digest. Null: the store cannot be read.'),
  nextTryAt: orNull(instant),
  held: orNull(count, 'Waits for the digest.'),
  givenUp: orNull(count),
  lastAcceptedAt: orNull(instant),
  nextDigestAt: orNull(instant),
  sentBy: orNull(text, 'The replica that sends for it, where that is another one.'),
});

const DELIVERY = {
  required: {
    id: text,
    eventId: text,
    channel: text,
    insteadOf: orNull(text, 'The channel that did not deliver it, where this is a fallback.'),
    status: oneOf(DELIVERY_STATUSES),
    createdAt: instant,
    heldUntil: orNull(instant, 'The slot of the digest it waits for.'),
    nextAttemptAt: orNull(instant, 'While it is pending.'),
    attemptsStarted: count,
    attemptsFinished: count,
    firstAttemptAt: orNull(instant),
    lastAttemptAt: orNull(instant),
    endedAt: orNull(instant),
    detail: orNull(text, 'What the receiver said last.'),
  },
  optional: { recipient: described(text, 'The one address that this is owed to, of a mail to several.') },
};

/** The shapes of what is answered, by their names. `views/views.ts` makes what they describe. */
export const COMPONENTS: Readonly<Record<string, Schema>> = {
  Refusal: record(
    { error: text, hint: described(text, 'What to do.') },
    { isPruned: described(flag, 'The job was on record, and is no more.') },
  ),
  AmbiguousId: record({
    error: text,
    hint: orNull(text),
    candidates: listOf(record({ id: text, about: text })),
  }),
  Alive: record({ status: oneOf(['ok', 'hanging']) }),
  Readiness: record(
    { status: oneOf(['ready', 'not_ready']) },
    {
      reasons: described(texts, 'What is wrong; only for who may read.'),
      warnings: described(
        texts,
        'What ought to be looked at, and does not make it unready; only for who may read.',
      ),
    },
  ),
  RestoreJob: RESTORE_JOB,
  Attestation: ATTESTATION,
  Job: record(JOB, JOB_OPTIONAL),
  JobWithHistory: record(
    {
      ...JOB,
      alsoWatchedBy: described(texts, 'Other watches that follow the same job.'),
      transitions: listOf(ref('Transition')),
    },
    JOB_OPTIONAL,
  ),
  Delivery: record(DELIVERY.required, DELIVERY.optional),
  ListedDelivery: record(
    {
      ...DELIVERY.required,
      quietUntil: orNull(instant, 'The silence that the channel asked for.'),
      behindUntil: orNull(instant, 'When what stands before it in its queue is tried again.'),
      event: oneOf(EVENT_NAMES),
      severity: oneOf(SEVERITIES),
      watch: described(text, 'Empty for what is about a channel.'),
      jobId: orNull(text),
      place: orNull(PLACE, 'The part of its watch that it is about.'),
      source: text,
      reminder: orNull(count, 'The how manieth reminder it is.'),
      test: flag,
      summary: text,
    },
    DELIVERY.optional,
  ),
  Transition: record(
    {
      id: described(text, 'Of the event; the same on every channel and at every attempt.'),
      ...EVENT_FACTS,
      place: orNull(PLACE, 'The part of its watch that it is about.'),
      occurredAfter: orNull(instant, 'The last look before, where only two looks tell when it happened.'),
      lastLookAt: orNull(
        instant,
        'When the last good look before began, of what one look after another has found.',
      ),
      inferred: described(flag, 'Nobody saw it; its time comes from the id of the job.'),
      late: described(flag, 'Found long after it happened.'),
      reminder: orNull(count),
      test: flag,
      source: text,
      projectUrl: orNull(text),
      ...EXPECTED_END,
      job: orNull(ref('RestoreJob')),
      suppressed: orNull(oneOf(['baseline', 'no_route', 'muted']), 'Why nobody was told.'),
      muteId: orNull(count),
      deliveries: listOf(ref('Delivery')),
    },
    {
      ...USUAL,
      drill: described(ref('Drill'), 'Only in what is told of a restore drill.'),
      note: described(text, 'What else is known about it.'),
      mute: record(MUTE),
    },
  ),
  Drill: DRILL,
  CloudEvent: CLOUD_EVENT,
  Mute: record(MUTE_NOW),
  AddedMute: record({
    ...MUTE_NOW,
    warnings: described(texts, 'What in it fits nothing that is configured.'),
  }),
  Status: record({
    asOf: instant,
    from: oneOf(['daemon', 'store']),
    ok: described(flag, 'False: there is something to mend.'),
    problems: described(texts, 'What makes the watcher blind or idle.'),
    warnings: described(texts, 'What else ought to be looked at.'),
    daemon: record({
      state: oneOf(['starting', 'running', 'stopping', 'stopped', 'not_running', 'silent', 'unknown']),
      version: orNull(text),
      startedAt: orNull(instant),
      pid: orNull(count),
    }),
    watches: listOf(WATCH_REPORT),
    channels: listOf(CHANNEL_REPORT),
    drills: described(
      listOf(DRILL_REPORT),
      'Those that are told to be overdue, or not to have gone as agreed.',
    ),
    elsewhere: described(listOf(ELSEWHERE), 'What another replica fails at, as the store tells.'),
    mutes: described(listOf(ref('Mute')), 'Those in force, and those that come round.'),
    testAlert: orNull(record({ event: oneOf(EVENT_NAMES), watch: text, nextAt: instant })),
    config: record({
      file: text,
      sha256: orNull(text),
      loadedAt: orNull(instant),
      lastReload: orNull(
        record({ at: instant, outcome: oneOf(['applied', 'rejected']), reason: text, issues: texts }),
      ),
    }),
    store: record({
      where: text,
      isRead: described(flag, 'False: nothing that stands there is known.'),
      lastWrittenAt: orNull(instant),
      oldestEventAt: orNull(instant),
    }),
    replicas: described(listOf(ref('Replica')), 'Those that share the work.'),
  }),
  Routes: record({
    routes: listOf(ROUTE),
    channels: described(texts, 'Their names.'),
    fallbacks: listOf(
      record({
        channel: text,
        fallback: described(text, 'The channel that stands in.'),
        afterMs: ms('Unaccepted.'),
      }),
    ),
  }),
  Replica: record({
    replica: described(text, 'Its name in leases.'),
    name: described(text, 'The machine and the process.'),
    version: text,
    configuration: described(text, 'SHA-256 of the configuration that it goes by; all should have the same.'),
    joinedAt: instant,
    isLeaving: described(flag, 'It gives up what it has, to end.'),
    isThisOne: described(flag, 'It is the one that answers.'),
    units: described(texts, 'What it does: project:CONNECTION/ID, channel:NAME, discovery:WATCH, keeper.'),
  }),
  AuditPage: record({
    items: listOf(record({ seq: count, line: described(text, 'The entry as it was hashed.') })),
    head: record({ seq: count, hash: text }),
    start: orNull(
      described(text, 'The signed stub in place of pruned entries, a line of its own; null: none are.'),
    ),
  }),
  Coverage: record({
    since: instant,
    until: instant,
    ratio: described(RATIO, 'Watched time as part of the time that should have been, of all items together.'),
    items: listOf(
      record({
        watch: text,
        groupId: text,
        instanceName: described(text, 'With * for the watch itself, of one that looks for its instances.'),
        ratio: RATIO,
        coveredMs: ms('Watched.'),
        expectedMs: ms('That should have been watched.'),
        intervals: listOf(record({ from: instant, to: instant })),
        gaps: listOf(
          record({ from: instant, to: instant, cause: oneOf(Object.keys(GAP_CAUSES)), because: text }),
        ),
      }),
    ),
  }),
  LastCheckpoint: record({
    key: orNull(described(text, 'The verifier key: NAME+ID+BASE64. `null`: nothing is signed yet.')),
    checkpoint: orNull(
      record({ at: instant, size: count, note: described(text, 'A signed note: C2SP tlog-checkpoint.') }),
    ),
    verified: orNull(
      record({
        at: instant,
        by: described(text, 'Who ran "audit verify", where, and the version of the program.'),
        head: orNull(record({ seq: count, hash: text })),
        problems: described(count, '0: all was as it was written.'),
        first: orNull(record({ entry: count, how: oneOf(Object.keys(FAULT_WORDS)) })),
        isKeyGiven: described(flag, 'False: checked with the key that the log names itself.'),
      }),
    ),
  }),
  Redriven: record({ id: text, redriven: described(flag, 'False: it neither waits nor was given up.') }),
  Watch: record({
    watch: text,
    connection: text,
    kind: oneOf(JOB_KINDS),
    groupId: text,
    instanceName: text,
    lastAttemptAt: orNull(instant),
    lastSuccessAt: orNull(instant),
    nextPollAt: orNull(instant),
    sinceSuccessMs: ms('Since the last poll that succeeded, by a clock that cannot step.'),
    scheduledMs: ms('From one poll to the next, as the schedule has it.'),
    periodMs: ms('The same as the rate limits allow it.'),
    throttled: orNull(THROTTLED, 'Which rate limit keeps it from its schedule.'),
    dueWithinMs: ms('Longer than that without one, and the watch is blind.'),
    isOverdue: flag,
    consecutiveFailures: count,
    fault: orNull(record(FAULT)),
    faults: listOf(record({ ...FAULT, place: orNull(PLACE), blindForMs: ms('By the same clock.') })),
    unknownJobIds: described(texts, 'Jobs of the configuration that Atlas does not know.'),
    hasRunningJobs: flag,
    hint: orNull(HINT, 'How far activity feeds tell when to poll; null: the watch goes without.'),
    polledBy: orNull(text, 'The replica that polls it, where that is another one.'),
    share: orNull(SHARE, 'How much of a watch of all projects this replica polls, where several share it.'),
  }),
  Polled: record({
    watches: listOf(
      record({
        watch: text,
        poll: oneOf(['begun', 'under_way', 'stopped', 'elsewhere']),
        notAsked: listOf(text),
      }),
    ),
  }),
  Reloaded: record(
    { status: oneOf(['reloaded']), watches: NAME_CHANGES, channels: NAME_CHANGES },
    { warnings: listOf(ISSUE) },
  ),
  ReloadRefused: record({ error: text, hint: text, faults: listOf(ISSUE) }),
};

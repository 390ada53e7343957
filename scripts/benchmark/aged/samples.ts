import { type AuditDraft, writeEntries } from '../../../src/domain/audit.ts';
import type { WatcherEvent } from '../../../src/domain/event/event.ts';
import { jobOf, watchOf } from '../../../src/domain/event/subject.ts';
import {
  MILESTONES,
  type Milestone,
  mayChangeUntil,
  type RestoreJob,
  stateAfter,
} from '../../../src/domain/job/restore-job.ts';
import { orderKeyOf } from '../../../src/domain/telling/owed.ts';
import { observationRow } from '../../../src/store/queries/observations.ts';
import { FOREVER } from '../../../src/store/queries/schema.ts';
import { toBody } from '../../../src/store/queries/stored-event.ts';
import { aJob, anEvent, anObservation, GROUP_ID, jobId } from '../../../test/support/builders.ts';
import type { Life } from './lives.ts';
import { type TextTemplate, textTemplate } from './text-template.ts';

/** The time from which the times of all samples are counted. */
const SAMPLED_AT = 1_111_111_111_000;
const JOB = jobId(1, SAMPLED_AT);
const EVENT = 'the-id-of-the-event';
const PREV = 'f'.repeat(64);
const SEQ = 777_777_777;
/** What a template asks for, in this order: the job, the event, and of an audit entry the hash before it and its number. */
const NAMES = [JOB, EVENT, PREV, String(SEQ)];

/** Where a job or an event belongs. */
export interface Place {
  watch: string;
  instance: string;
}

/** An observation as the store keeps it, for all jobs with this life that have come so far. */
export interface ObservationSample {
  /** The row of the job of this life that was created then. */
  row: (createdAt: number, id: string) => ReturnType<typeof observationRow>;
}

/** The half-open lines of an audit entry: its hash comes in between. */
export interface EntrySample {
  head: TextTemplate;
  tail: TextTemplate;
}

/** An event as the store keeps it. */
export interface EventSample {
  name: string;
  watch: string;
  isAboutJob: boolean;
  /** For events about no job. */
  orderKey: string;
  body: TextTemplate;
  /** What is recorded when it is found. */
  found: readonly EntrySample[];
  /** What is recorded for each channel that it is owed to, and when that has accepted it. */
  told: (channel: string) => readonly EntrySample[];
}

/** Makes the sample of what was seen of a job after so many steps of its life. */
export function observationSample(
  place: Place,
  life: Life,
  reached: number,
  targetOf: string,
): ObservationSample {
  const job = sampleJob(place, life, reached);
  const last = life.steps[reached - 1]?.[1] ?? 0;
  const missingSince = life.isMissing && reached === life.steps.length ? SAMPLED_AT + last : null;
  const observation = anObservation(job, {
    watch: place.watch,
    changedAt: SAMPLED_AT + last,
    missingSince,
    notFoundCount: missingSince === null ? 0 : 2,
    mayChangeUntil: mayChangeUntil(job),
  });
  const row = observationRow(targetOf, observation);
  const body = template(row.body);
  return {
    row: (createdAt, id) => {
      const moved = (at: number): number => at - SAMPLED_AT + createdAt;
      const { followed_until, finished_at, running_since } = row;
      return {
        ...row,
        job_id: id,
        created_at: createdAt,
        followed_until:
          followed_until === 0 || followed_until === FOREVER ? followed_until : moved(followed_until),
        finished_at: finished_at === null ? null : moved(finished_at),
        running_since: running_since === null ? null : createdAt,
        body: body(createdAt, [id]),
      };
    },
  };
}

/** Makes the sample of one step. */
export function eventSample(place: Place, life: Life, step: number): EventSample {
  const [name, afterMs] = life.steps[step] ?? ['started', 0];
  const at = SAMPLED_AT + afterMs;
  const before = sampleJob(place, life, step);
  const event = anEvent(name, {
    id: EVENT,
    watch: place.watch,
    instance: { groupId: GROUP_ID, kind: 'serverless', instanceName: place.instance },
    channel: place.watch,
    job: sampleJob(place, life, step + 1),
    from: step === 0 ? null : before.state,
    detectedAt: at,
    occurredAt: at,
  });
  return {
    name,
    watch: watchOf(event) ?? '',
    isAboutJob: life.about === 'job',
    orderKey: orderKeyOf(event),
    body: template(toBody(event)),
    found: entriesOfFinding(event).map(entrySample),
    told: memoized((channel) => entriesOfTelling(event, channel).map(entrySample)),
  };
}

function template(sample: string): TextTemplate {
  return textTemplate(sample, SAMPLED_AT, NAMES);
}

function sampleJob({ instance }: Place, life: Life, reached: number): RestoreJob {
  const milestones = life.steps
    .slice(0, Math.max(1, reached))
    .flatMap(([name, afterMs]) => (isMilestone(name) ? [{ milestone: name, at: SAMPLED_AT + afterMs }] : []));
  const end = milestones.find(({ milestone }) => ['finished', 'failed', 'cancelled'].includes(milestone));
  const expiry = life.steps.find(([name]) => name === 'expired');
  const isReady = milestones.some(({ milestone }) => milestone === 'ready' || milestone === 'finished');
  return aJob([], {
    id: JOB,
    createdAt: SAMPLED_AT,
    instanceName: instance,
    deliveryType: life.deliveryType ?? 'automated',
    reached: milestones,
    state: stateAfter(milestones.map(({ milestone }) => milestone)),
    finishedAt: end?.at ?? null,
    expiresAt: expiry && isReady ? SAMPLED_AT + expiry[1] : null,
    ...(life.deliveryType === 'download' ? { targetClusterName: null, targetGroupId: null } : {}),
  });
}

function isMilestone(name: string): name is Milestone {
  return (MILESTONES as readonly string[]).includes(name);
}

function entriesOfFinding(event: WatcherEvent): AuditDraft[] {
  const { id, name, severity, detectedAt: at } = event;
  const job = jobOf(event);
  const about = { watch: watchOf(event) ?? '', jobId: job?.id ?? null };
  const when = { occurredAt: new Date(at).toISOString(), detectedAt: new Date(at).toISOString() };
  const transition = { eventId: id, event: name, severity, ...about, ...when, inferred: false, late: false };
  const seen = { ...about, state: job?.state, firstSight: 'new', job };
  return [
    ...(job === null ? [] : [{ at, kind: 'observation.changed' as const, data: seen }]),
    { at, kind: 'transition', data: transition },
  ];
}

function entriesOfTelling(event: WatcherEvent, channel: string): AuditDraft[] {
  const { id, name, detectedAt: at } = event;
  const about = { deliveryId: `${id}:${channel}`, eventId: id, channel, event: name };
  return [
    { at, kind: 'decision', data: { eventId: id, event: name, decision: 'deliver', channel } },
    {
      at: at + 250,
      kind: 'delivery.attempted',
      data: {
        ...about,
        jobId: jobOf(event)?.id ?? null,
        attempt: 1,
        outcome: 'delivered',
        detail: 'HTTP 200',
      },
    },
  ];
}

function entrySample(draft: AuditDraft): EntrySample {
  const [entry] = writeEntries({ seq: SEQ - 1, hash: PREV }, [draft]);
  if (!entry) throw new Error('a draft makes an entry');
  const [head = '', tail = ''] = entry.line.split(`"hash":"${entry.hash}",`);
  return { head: template(head), tail: template(tail) };
}

function memoized<T>(make: (key: string) => T): (key: string) => T {
  const made = new Map<string, T>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const value = make(key);
    made.set(key, value);
    return value;
  };
}

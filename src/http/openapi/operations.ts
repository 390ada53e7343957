import { EVENT_NAMES } from '../../domain/event/event.ts';
import { ATTESTATION_RESULTS, CLEAN_UPS } from '../../domain/evidence/attestation.ts';
import { JOB_STATES } from '../../domain/job/restore-job.ts';
import { isMutable } from '../../domain/telling/mute.ts';
import { DELIVERY_STATUSES } from '../../store/ports/outbox.ts';
import { count, described, instant, listOf, oneOf, orNull, record, type Schema, text } from './schema.ts';

/** Who may ask, where a token is set: anybody, whoever shows one, or just who shows the one that may act. */
export type Access = 'open' | 'read' | 'act';

/** What may be asked for. A route is one row here, and one where it is answered. */
export interface Operation {
  method: 'get' | 'post' | 'delete';
  /** As Hono has it: `/api/v1/jobs/:id`. */
  path: string;
  access: Access;
  summary: string;
  /** Parameters of the query, `needs` names those that must be there. */
  query: Readonly<Record<string, Schema & { description?: string }>>;
  needs?: readonly string[];
  /** What is sent, as JSON; absent: nothing. */
  body?: Schema;
  /** By status, the name of a shape in `components`; `text` and `events` (server-sent) for what is not JSON. */
  answers: Readonly<Record<number, string>>;
  /** Answers with a page of these: `{ items, nextCursor }`. */
  listOf?: string;
  /** False: the list comes whole, and `nextCursor` is null. */
  isPaged?: boolean;
}

/** How many rows are given at once. */
export const LIMIT = { ...count, minimum: 1, maximum: 500, default: 50, description: 'How many at most.' };

const WATCH = { ...text, description: 'Name of a watch.' };

const MUTE_BODY = record(
  {
    author: text,
    reason: text,
    forMs: described(count, 'For so many milliseconds, each time where it comes round; 30 days at most.'),
  },
  {
    watch: orNull(
      text,
      'One of these six has to be named. As all, a name in which * stands for any characters.',
    ),
    project: orNull(text, 'Id of a project.'),
    instance: orNull(text, 'Restored from, or watched.'),
    target: orNull(text, 'Cluster that is restored to.'),
    job: orNull(text, 'Id of a job, in any of its forms.'),
    labels: orNull({ type: 'object', additionalProperties: text }, 'All of these are on the watch.'),
    events: orNull(listOf(oneOf(EVENT_NAMES.filter(isMutable))), 'Only these.'),
    every: orNull(
      text,
      'Cron expression: it comes round until it is removed. Null: it is in force now, once.',
    ),
    timeZone: orNull(text, 'IANA zone that it is read in; UTC.'),
  },
);

const ATTESTATION_BODY = record(
  {
    result: oneOf(ATTESTATION_RESULTS, 'What came of looking at the data.'),
    by: described(text, 'Who says it.'),
  },
  {
    ticket: orNull(text, 'Where the work is tracked.'),
    note: orNull(text, 'What was compared, such as counts of rows or checksums.'),
    cleanUp: orNull(oneOf(CLEAN_UPS), 'What became of the restored test data.'),
  },
);

/** Everything that is served, in the order of the documentation. */
export const OPERATIONS: readonly Operation[] = [
  {
    method: 'get',
    path: '/healthz',
    access: 'open',
    summary: 'Is the loop alive?',
    query: {},
    answers: { 200: 'Alive', 503: 'Alive' },
  },
  {
    method: 'get',
    path: '/readyz',
    access: 'open',
    summary:
      'Does the store take writes, and was every watch polled in time? With what is wrong, for who may read.',
    query: {},
    answers: { 200: 'Readiness', 503: 'Readiness' },
  },
  {
    method: 'get',
    path: '/metrics',
    access: 'read',
    summary: 'Metrics, for Prometheus.',
    query: {},
    answers: { 200: 'text' },
  },
  {
    method: 'get',
    path: '/api/v1/openapi.json',
    access: 'read',
    summary: 'This document.',
    query: {},
    answers: { 200: 'OpenApi' },
  },
  {
    method: 'get',
    path: '/api/v1/jobs',
    access: 'read',
    summary: 'Restore jobs on record, those that began last first.',
    query: {
      watch: WATCH,
      state: oneOf(JOB_STATES, 'Only jobs in this state.'),
      job: { ...text, description: 'Id of a job, in any of its forms: as each watch sees it.' },
    },
    answers: { 409: 'AmbiguousId' },
    listOf: 'Job',
  },
  {
    method: 'get',
    path: '/api/v1/jobs/:id',
    access: 'read',
    summary: 'One job with its history. The id whole, its beginning, or as messages show it.',
    query: { watch: { ...text, description: 'As this watch sees it, where several follow it.' } },
    answers: { 200: 'JobWithHistory', 404: 'Refusal', 409: 'AmbiguousId' },
  },
  {
    method: 'get',
    path: '/api/v1/transitions',
    access: 'read',
    summary: 'What happened, newest first, and who was told.',
    query: {
      watch: WATCH,
      job: { ...text, description: 'Id of a job, in any of its forms.' },
      since: { ...instant, description: 'What was found from then on.' },
      until: { ...instant, description: 'What was found before.' },
      target: { ...text, description: 'Only restores into this cluster; * stands for any characters.' },
      all: oneOf(['true', 'false'], 'Also what is only told again and what was made to try the way.'),
    },
    answers: { 409: 'AmbiguousId' },
    listOf: 'Transition',
  },
  {
    method: 'get',
    path: '/api/v1/events',
    access: 'read',
    summary:
      'Events as they are recorded, as server-sent events: `data` is the CloudEvent that a webhook gets, `id` that of the event.',
    query: {
      watch: WATCH,
      event: oneOf(EVENT_NAMES, 'Only those.'),
      all: oneOf(['true', 'false'], 'Also what is only told again and what was made to try the way.'),
      after: {
        ...text,
        description:
          'Id of the last event that is known: what was recorded since comes first. The header `Last-Event-ID` goes before it.',
      },
    },
    answers: { 200: 'events' },
  },
  {
    method: 'get',
    path: '/api/v1/deliveries',
    access: 'read',
    summary: 'What is owed or was sent to whom, newest first.',
    query: {
      channel: { ...text, description: 'Name of a channel.' },
      status: oneOf(DELIVERY_STATUSES, 'Only those.'),
    },
    answers: {},
    listOf: 'ListedDelivery',
  },
  {
    method: 'get',
    path: '/api/v1/watches',
    access: 'read',
    summary: 'Each watch, and how its polls go.',
    query: { watch: WATCH },
    answers: {},
    listOf: 'Watch',
  },
  {
    method: 'get',
    path: '/api/v1/replicas',
    access: 'read',
    summary:
      'The replicas that share a PostgreSQL store, and what each of them does; empty with the embedded store.',
    query: {},
    answers: {},
    listOf: 'Replica',
  },
  {
    method: 'get',
    path: '/api/v1/routes',
    access: 'read',
    summary:
      'Who is told of what by the configuration in force: routes, in their order, channels and fallbacks.',
    query: {},
    answers: { 200: 'Routes' },
  },
  {
    method: 'get',
    path: '/api/v1/status',
    access: 'read',
    summary: 'How daemon, watches, channels, mutes and configuration stand, and what comes next.',
    query: {},
    answers: { 200: 'Status' },
  },
  {
    method: 'get',
    path: '/api/v1/mutes',
    access: 'read',
    summary: 'Mutes in force or to come round, the newest first; all of them at once.',
    query: { all: oneOf(['true', 'false'], 'Also those that are over.') },
    answers: {},
    listOf: 'Mute',
    isPaged: false,
  },
  {
    method: 'get',
    path: '/api/v1/audit',
    access: 'read',
    summary:
      'Entries of the audit log in order, where it ends, and what stands in place of those that are pruned.',
    query: {
      after: { ...count, description: 'Only entries behind this number.' },
      limit: LIMIT,
    },
    answers: { 200: 'AuditPage' },
  },
  {
    method: 'get',
    path: '/api/v1/coverage',
    access: 'read',
    summary: 'When every instance was watched, and each gap with its cause.',
    query: {
      watch: WATCH,
      since: described(instant, 'From then on; 30 days before `until`, unless given.'),
      until: described(instant, 'Until then; now, unless given.'),
    },
    answers: { 200: 'Coverage' },
  },
  {
    method: 'get',
    path: '/api/v1/checkpoint',
    access: 'read',
    summary:
      'The last checkpoint of the audit log, the key that signs it, and what "audit verify" found last.',
    query: {},
    answers: { 200: 'LastCheckpoint' },
  },
  {
    method: 'post',
    path: '/api/v1/mutes',
    access: 'act',
    summary: 'Mutes some of what happens, from now on or again and again.',
    query: {},
    body: MUTE_BODY,
    answers: { 201: 'AddedMute', 409: 'AmbiguousId' },
  },
  {
    method: 'delete',
    path: '/api/v1/mutes/:id',
    access: 'act',
    summary: 'Ends a mute before its time.',
    query: { author: { ...text, description: 'Who does it.' } },
    needs: ['author'],
    answers: { 200: 'Mute', 404: 'Refusal' },
  },
  {
    method: 'post',
    path: '/api/v1/deliveries/:id/redrive',
    access: 'act',
    summary: 'Makes a delivery due again that was given up, or waits.',
    query: {},
    answers: { 200: 'Redriven', 404: 'Refusal', 409: 'AmbiguousId' },
  },
  {
    method: 'post',
    path: '/api/v1/jobs/:id/attestation',
    access: 'act',
    summary:
      'Says whether the data of a restore that has ended is what it should be. The audit log keeps it.',
    query: {},
    body: ATTESTATION_BODY,
    answers: { 201: 'Attestation', 404: 'Refusal', 409: 'AmbiguousId' },
  },
  {
    method: 'post',
    path: '/-/poll',
    access: 'act',
    summary:
      'Polls a watch at once, or every watch, whatever schedule and back-off say. A poll in hand (`under_way`) is hurried on, and another follows it. Of what other replicas poll (`notAsked`) nothing is begun.',
    query: { watch: WATCH },
    answers: { 200: 'Polled', 404: 'Refusal' },
  },
  {
    method: 'post',
    path: '/-/reload',
    access: 'act',
    summary: 'Reads the configuration again. All of it comes into force, or nothing.',
    query: {},
    answers: { 200: 'Reloaded', 422: 'ReloadRefused' },
  },
];

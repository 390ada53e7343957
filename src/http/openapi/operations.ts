import { JOB_STATES } from '../../domain/job/restore-job.ts';
import { DELIVERY_STATUSES } from '../../store/ports/outbox.ts';
import { instant, oneOf, type Schema, text } from './schema.ts';

/** Who may ask, where a token is set: anybody, whoever shows one, or just who shows the one that may act. */
export type Access = 'open' | 'read' | 'act';

/** What may be asked for. A route is one row here, and one where it is answered. */
export interface Operation {
  method: 'get' | 'post' | 'delete';
  /** As Hono has it: `/api/v1/jobs/:id`. */
  path: string;
  access: Access;
  summary: string;
  /** Parameters of the query, all of them optional. */
  query: Readonly<Record<string, Schema & { description?: string }>>;
  /** By status, the name of a shape in `components`; `text` for what is not JSON. */
  answers: Readonly<Record<number, string>>;
  /** Answers with a page of these: `{ items, nextCursor }`. */
  listOf?: string;
}

const WATCH = { ...text, description: 'Name of a watch.' };

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
    summary: 'Restore jobs on record, those that changed last first.',
    query: { watch: WATCH, state: oneOf(JOB_STATES, 'Only jobs in this state.') },
    answers: {},
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
    },
    answers: { 409: 'AmbiguousId' },
    listOf: 'Transition',
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
    method: 'post',
    path: '/-/reload',
    access: 'act',
    summary: 'Reads the configuration again. All of it comes into force, or nothing.',
    query: {},
    answers: { 200: 'Reloaded', 400: 'Refusal', 413: 'Refusal', 422: 'ReloadRefused' },
  },
];

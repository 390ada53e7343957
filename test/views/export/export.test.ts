import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../../src/domain/audit.ts';
import { GENESIS } from '../../../src/domain/audit.ts';
import { AUDIT_CSV_HEADER, auditCsvLine } from '../../../src/views/export/audit-csv.ts';
import { createCadfMapper } from '../../../src/views/export/cadf.ts';
import { createOcsfMapper } from '../../../src/views/export/ocsf.ts';
import { chainEntries } from '../../support/audit-chain.ts';
import { jobId, T0 } from '../../support/builders.ts';

const ajv = new Ajv2020({ strict: false });

function ocsfSchema(name: string) {
  return ajv.compile(JSON.parse(readFileSync(`test/fixtures/ocsf/${name}.schema.json`, 'utf8')));
}
const API_ACTIVITY = ocsfSchema('api_activity');
const LIFECYCLE = ocsfSchema('application_lifecycle');

const RESOURCE = {
  type: 'object',
  required: ['typeURI', 'id'],
  additionalProperties: false,
  properties: {
    typeURI: { type: 'string', pattern: '^(data|service)/' },
    id: { type: 'string', minLength: 1 },
    name: { type: 'string' },
    host: { type: 'object', additionalProperties: false, properties: { address: { type: 'string' } } },
  },
};

/** DSP0262 has no schema of its own: closed, and as pycadf checks it. */
const CADF = ajv.compile({
  type: 'object',
  required: [
    'typeURI',
    'id',
    'eventType',
    'eventTime',
    'action',
    'outcome',
    'initiator',
    'target',
    'observer',
  ],
  additionalProperties: false,
  properties: {
    typeURI: { const: 'http://schemas.dmtf.org/cloud/audit/1.0/event' },
    id: { type: 'string', minLength: 1 },
    eventType: { enum: ['activity', 'monitor', 'control'] },
    eventTime: { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d' },
    action: { enum: ['restore', 'start', 'stop'] },
    outcome: { enum: ['success', 'failure', 'pending', 'unknown'] },
    reason: {
      type: 'object',
      required: ['reasonType', 'reasonCode'],
      additionalProperties: false,
      properties: { reasonType: { type: 'string' }, reasonCode: { type: 'string' } },
    },
    initiator: RESOURCE,
    target: RESOURCE,
    observer: RESOURCE,
    attachments: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'contentType', 'content'],
        additionalProperties: false,
        properties: {
          name: { type: 'string' },
          contentType: { type: 'string' },
          content: { type: 'string' },
        },
      },
    },
  },
});

const ACTOR = { id: 'u1', name: 'ann@example.com', address: '192.0.2.7', confidence: 'exact' };

function aLog(): AuditEntry[] {
  const iso = new Date(T0).toISOString();
  const job = (actor: object) => ({
    ...{
      id: jobId(1),
      groupId: 'g',
      instanceName: 'orders',
      targetClusterName: 'orders-copy',
      targetGroupId: 'h',
    },
    ...{ snapshotId: jobId(9), actor },
  });
  const transition = (event: string, more: object = {}) => ({
    at: T0,
    kind: 'transition' as const,
    data: {
      eventId: `event-${event}`,
      event,
      severity: 'info',
      watch: 'orders',
      jobId: jobId(1),
      occurredAt: iso,
      ...more,
    },
  });
  const seen = (actor: object) => ({
    at: T0,
    kind: 'observation.changed' as const,
    data: { watch: 'orders', jobId: jobId(1), milestones: ['started', 'failed'], job: job(actor) },
  });
  return chainEntries(GENESIS, [
    { at: T0, kind: 'daemon.started', data: { version: '1.2.3', pid: 7 } },
    seen(ACTOR),
    transition('started'),
    transition('failed', { severity: 'critical' }),
    seen({ id: null, confidence: 'none', reason: 'not_told' }),
    transition('cancelled', { severity: 'warning' }),
    transition('expired', { from: 'finished' }),
    { at: T0, kind: 'transition', data: { event: 'watch_failing', jobId: null, watch: 'orders' } },
    { at: T0, kind: 'daemon.stopped', data: { reason: 'SIGTERM' } },
  ]);
}

/** Each key that the schema of a mapped entry requires, taken away in turn. */
function withoutEach(mapped: object, required: readonly string[]): object[] {
  return required.map((key) => Object.fromEntries(Object.entries(mapped).filter(([name]) => name !== key)));
}

describe('the audit log as OCSF 1.8.0', () => {
  const map = createOcsfMapper('1.2.3');
  const mapped = aLog()
    .map(map)
    .filter((one) => one !== null);

  it('is valid, and has restores and the life of the watcher, and nothing else', () => {
    for (const one of mapped) {
      const check = one.class_uid === 6003 ? API_ACTIVITY : LIFECYCLE;
      expect(check(one), JSON.stringify(check.errors)).toBe(true);
      expect(one.type_uid).toBe(Number(one.class_uid) * 100 + Number(one.activity_id));
    }
    expect(mapped.map((one) => one.type_uid)).toEqual([600203, 600301, 600399, 600399, 600399, 600204]);
  });

  it('is refused without any field that it has to have, and with one that is not known', () => {
    const [start, created] = mapped as [object, object];
    const of = (file: string) =>
      JSON.parse(readFileSync(`test/fixtures/ocsf/${file}.schema.json`, 'utf8')).required;
    for (const less of withoutEach(created, of('api_activity'))) expect(API_ACTIVITY(less)).toBe(false);
    for (const less of withoutEach(start, of('application_lifecycle'))) expect(LIFECYCLE(less)).toBe(false);
    expect(API_ACTIVITY({ ...created, colour: 'red' })).toBe(false);
    expect(API_ACTIVITY({ ...created, actor: {} })).toBe(false);
  });

  it('says who did what to which cluster, and where the entry stands in the chain', () => {
    const [, , failed, cancelled] = mapped;
    expect(failed).toMatchObject({
      ...{ severity_id: 5, status_id: 2, status_detail: 'Atlas gives no reason', time: T0 },
      actor: { user: { uid: 'u1', name: 'ann@example.com' } },
      src_endpoint: { ip: '192.0.2.7' },
      resources: [{ name: 'orders' }, { name: 'orders-copy' }],
      unmapped: { audit: { seq: 4, hash: aLog()[3]?.hash }, actor_confidence: 'exact' },
    });
    expect(cancelled).toMatchObject({
      actor: { app_name: 'MongoDB Atlas' },
      src_endpoint: { svc_name: 'MongoDB Atlas' },
    });
  });
});

describe('the audit log as CADF 1.0.0', () => {
  const map = createCadfMapper('example.com/restores');
  const mapped = aLog()
    .map(map)
    .filter((one) => one !== null);

  it('is valid, and is refused without any field that it has to have', () => {
    for (const one of mapped) expect(CADF(one), JSON.stringify(CADF.errors)).toBe(true);
    const required = [
      'typeURI',
      'id',
      'eventType',
      'eventTime',
      'action',
      'outcome',
      'initiator',
      'target',
      'observer',
    ];
    for (const less of withoutEach(mapped[1]!, required)) expect(CADF(less)).toBe(false);
    expect(CADF({ ...mapped[1], colour: 'red' })).toBe(false);
  });

  it('says what came of it, and why not', () => {
    expect(mapped.map(({ action, outcome, reason = null }) => [action, outcome, reason])).toEqual([
      ['start', 'success', null],
      ['restore', 'pending', null],
      ['restore', 'failure', { reasonType: 'restore-watcher', reasonCode: 'failed' }],
      ['restore', 'failure', { reasonType: 'restore-watcher', reasonCode: 'cancelled' }],
      ['restore', 'success', null],
      ['stop', 'success', null],
    ]);
    expect(mapped[1]).toMatchObject({ initiator: { id: 'u1', host: { address: '192.0.2.7' } } });
    expect(mapped[3]).toMatchObject({ initiator: { id: 'mongodb-atlas' }, target: { id: 'h/orders-copy' } });
  });
});

describe('the audit log as CSV', () => {
  it('has a column for each fact, no JSON in any, and loses nothing', () => {
    const columns = AUDIT_CSV_HEADER.trimEnd().split(',');
    const lines = aLog().map((entry) => auditCsvLine(entry).trimEnd().split(','));
    for (const line of lines) expect(line).toHaveLength(columns.length);
    const cell = (line: number, name: string) => lines[line]?.[columns.indexOf(name)];
    expect([cell(1, 'source_instance'), cell(1, 'actor_name'), cell(3, 'event')]).toEqual([
      'orders',
      'ann@example.com',
      'failed',
    ]);
    expect(cell(0, 'other')).toBe('pid=7; version=1.2.3');
    expect(cell(1, 'other')).toContain('milestones=started failed');
    expect(lines.flat().some((text) => text.includes('{'))).toBe(false);
  });
});

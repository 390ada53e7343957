import type { AuditDraft, AuditEntry } from '../../../src/domain/audit.ts';
import { GENESIS } from '../../../src/domain/audit.ts';
import { chainEntries } from '../../support/audit-chain.ts';
import { jobId } from '../../support/builders.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The third quarter of 2026. */
export const SINCE = Date.parse('2026-07-01T00:00:00Z');
export const UNTIL = Date.parse('2026-10-01T00:00:00Z');

/** How many restores each watch has, how long they mostly take, and what is agreed of them. */
const WATCHES = [
  { watch: 'orders', restores: 48, failed: 1, minutes: 16, rto: 30, rpo: 24 },
  { watch: 'billing', restores: 56, failed: 5, minutes: 6, rto: 15, rpo: 24 },
  { watch: 'catalog', restores: 49, failed: 2, minutes: 30, rto: 60, rpo: 24 },
  { watch: 'sessions', restores: 47, failed: 4, minutes: 2, rto: 5, rpo: 12 },
] as const;

/** What a count by hand of the quarter comes to. */
export const BY_HAND = {
  restores: 200,
  failed: 12,
  finished: 188,
  overdue: 3,
  notAttested: 1,
  gaps: 2,
  /** One restore of each watch took twice what is agreed. */
  overRto: 4,
  undelivered: 1,
};

function iso(at: number): string {
  return new Date(at).toISOString();
}

/** From 0 to 1, the same for the same number. */
function chance(number: number): number {
  const value = Math.sin(number * 12.9898) * 43758.5453;
  return value - Math.floor(value);
}

/** The audit log of a quarter: 4 watches, 200 restores, 12 failures, 3 drills overdue, 1 not attested, 2 gaps. */
export function quarterLog(): AuditEntry[] {
  const drafts = [...beginning(), ...restores(), ...drills(), ...gaps()].toSorted((a, b) => a.at - b.at);
  return chainEntries(GENESIS, drafts);
}

function beginning(): AuditDraft[] {
  const at = SINCE - 30 * DAY;
  return [
    { at, kind: 'daemon.started', data: { version: '0.2.0', pid: 1 } },
    {
      at: at + 1,
      kind: 'config.loaded',
      data: {
        file: 'watcher.config.json',
        sha256: '4f1d0c5be6f3a1e29c7b8d6a5f4e3d2c1b0a99887766554433221100ffeeddcc',
        watches: WATCHES.map(({ watch }) => watch),
        channels: ['oncall', 'dba'],
        objectives: WATCHES.map(({ watch, rto, rpo }) => ({ watch, rtoMs: rto * MINUTE, rpoMs: rpo * HOUR })),
        drills: WATCHES.map(({ watch }) => ({ name: `monthly-${watch}`, watch, everyMs: 31 * DAY })),
      },
    },
  ];
}

function restores(): AuditDraft[] {
  let number = 0;
  return WATCHES.flatMap((one) =>
    Array.from({ length: one.restores }, (_, index) => {
      number += 1;
      const beganAt = Math.floor(SINCE + ((index + chance(number)) / one.restores) * 91.5 * DAY);
      const hasFailed =
        index % Math.floor(one.restores / one.failed) === 3 &&
        index / Math.floor(one.restores / one.failed) < one.failed;
      const isSlow = index === 20;
      const tookMs = isSlow
        ? 2 * one.rto * MINUTE
        : Math.floor(one.minutes * (0.6 + 0.7 * chance(number + 500)) * MINUTE);
      return restore({
        one,
        number,
        beganAt,
        tookMs,
        hasFailed,
        ageMs: Math.floor(chance(number + 900) * 11 * HOUR),
      });
    }).flat(),
  );
}

interface Given {
  one: (typeof WATCHES)[number];
  number: number;
  beganAt: number;
  tookMs: number;
  hasFailed: boolean;
  ageMs: number;
}

function restore({ one, number, beganAt, tookMs, hasFailed, ageMs }: Given): AuditDraft[] {
  const { watch } = one;
  const id = jobId(number, beganAt);
  const outcome = hasFailed ? 'failed' : 'finished';
  const endedAt = beganAt + tookMs;
  const at = endedAt + 12_000;
  const people = [
    { id: 'u1', name: 'nmtxqlkl', confidence: 'exact' },
    { id: 'u2', name: 'dora@example.com', confidence: 'likely' },
    { id: null, confidence: 'none', reason: 'not_told' },
  ];
  const job = {
    ...{ id, kind: 'cluster', groupId: '5f0e1d2c3b4a596877665544', instanceName: watch, state: outcome },
    ...{ deliveryType: 'automated', targetClusterName: `${watch}-drill`, createdAt: iso(beganAt) },
    ...{ snapshotId: jobId(number + 5_000, beganAt), snapshotAt: iso(beganAt - ageMs) },
    actor: number % 9 === 0 ? people[2] : people[number % 2],
    milestones: [
      { milestone: 'started', at: iso(beganAt) },
      { milestone: outcome, at: iso(endedAt) },
    ],
  };
  const about = { watch, jobId: id };
  const drill = { drill: `monthly-${watch}`, outcome, endedAt: iso(endedAt), tookMs, snapshotAgeMs: ageMs };
  // The one that nobody has attested in time.
  const reasons = hasFailed ? ['failed'] : number === 100 ? ['not_attested'] : [];
  const counts = number % 10 === 0 && !hasFailed;
  const isAttested = number % 10 === 0 && number !== 100 && !hasFailed;
  const told = (channel: string, after: number): AuditDraft => ({
    at: at + after,
    kind: 'delivery.attempted',
    data: { deliveryId: `${id}:${channel}`, channel, event: outcome, jobId: id, outcome: 'delivered' },
  });
  const lost = {
    deliveryId: `${id}:lost`,
    channel: 'dba',
    event: outcome,
    jobId: id,
    detail: '550 no such user',
  };
  return [
    { at, kind: 'observation.changed', data: { ...about, state: outcome, news: ['started', outcome], job } },
    told('oncall', 800),
    ...(number === 77
      ? [{ at: at + 900, kind: 'delivery.given_up' as const, data: lost }]
      : [told('dba', 900)]),
    ...(counts
      ? [
          {
            at: at + 2_000,
            kind: 'drill.run' as const,
            data: { ...about, ...drill, isMet: reasons.length === 0, reasons },
          },
        ]
      : []),
    ...(isAttested
      ? [
          {
            at: at + HOUR,
            kind: 'attestation.made' as const,
            data: {
              jobId: id,
              result: 'passed',
              by: 'dora',
              ticket: `OPS-${number}`,
              note: 'rows as in the source',
              cleanUp: 'done',
            },
          },
        ]
      : []),
  ];
}

/** Three times a drill is overdue: twice until a restore ends that, and once still. */
function drills(): AuditDraft[] {
  const told = (at: number, event: string, watch: string): AuditDraft => ({
    at,
    kind: 'transition',
    data: { event, watch, jobId: null, drill: { name: `monthly-${watch}`, jobId: null, reasons: [] } },
  });
  return [
    told(SINCE + 20 * DAY, 'drill_overdue', 'orders'),
    told(SINCE + 22 * DAY, 'drill_passed', 'orders'),
    told(SINCE + 50 * DAY, 'drill_overdue', 'billing'),
    told(SINCE + 51 * DAY, 'drill_passed', 'billing'),
    told(SINCE + 88 * DAY, 'drill_overdue', 'sessions'),
  ];
}

/** The watcher is stopped for ten minutes, and a watch cannot be read for half an hour. */
function gaps(): AuditDraft[] {
  const stoppedAt = SINCE + 40 * DAY + 3 * HOUR;
  const failedAt = SINCE + 63 * DAY + 14 * HOUR;
  const fault = { watch: 'billing', reason: 'auth', message: 'Atlas does not take the credential' };
  return [
    { at: stoppedAt, kind: 'daemon.stopped', data: { reason: 'SIGTERM' } },
    { at: stoppedAt + 10 * MINUTE, kind: 'daemon.started', data: { version: '0.2.0', pid: 2 } },
    { at: failedAt, kind: 'poll.failed', data: fault },
    { at: failedAt + 30 * MINUTE, kind: 'poll.recovered', data: { watch: 'billing', reason: 'auth' } },
  ];
}

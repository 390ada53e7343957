import type { JobKind, Milestone } from '../../src/domain/job/restore-job.ts';

type Raw = Readonly<Record<string, unknown>>;

/**
 * Says which milestones a job of an answer may be taken to have reached, by the plainest possible reading of it: more than these is a
 * false alarm. Knows nothing of the program.
 */
export function claimsOf(kind: JobKind, raw: unknown): ReadonlySet<Milestone> {
  if (typeof raw !== 'object' || raw === null) return new Set();
  return new Set<Milestone>(['started', ...CLAIMS[kind](raw as Raw)]);
}

const CLAIMS: Readonly<Record<JobKind, (raw: Raw) => Milestone[]>> = {
  serverless: byFlags,
  cluster: byFlags,
  flex: ({ status, deliveryType, expirationDate }) => [
    ...when(status === 'COMPLETED' && deliveryType === 'DOWNLOAD', 'ready'),
    ...when(status === 'COMPLETED' && deliveryType === 'RESTORE', 'finished'),
    ...when(status === 'FAILED', 'failed'),
    ...when(status === 'COMPLETED' && deliveryType === 'DOWNLOAD' && isText(expirationDate), 'expired'),
  ],
  collection: ({ state }) => [
    ...when(state === 'SUCCESSFUL', 'finished'),
    ...when(state === 'FAILED', 'failed'),
    ...when(state === 'CANCELED', 'cancelled'),
  ],
  legacy: ({ statusName, delivery }) => {
    const of = typeof delivery === 'object' && delivery !== null ? (delivery as Raw) : {};
    const isFinished = statusName === 'FINISHED';
    const isAutomated = of.methodName === 'AUTOMATED_RESTORE';
    return [
      ...when(isFinished && of.statusName === 'READY', 'ready'),
      ...when(isFinished && isAutomated, 'finished'),
      ...when(
        statusName === 'BROKEN' || of.statusName === 'FAILED' || of.statusName === 'INTERRUPTED',
        'failed',
      ),
      ...when(statusName === 'KILLED', 'cancelled'),
      ...when(of.statusName === 'EXPIRED' || of.statusName === 'MAX_DOWNLOADS_EXCEEDED', 'expired'),
    ];
  },
};

function byFlags({ finishedAt, failed, cancelled, expired, deliveryUrl, components }: Raw): Milestone[] {
  return [
    ...when(/"https?:|"[^"]/.test(JSON.stringify([deliveryUrl, components])), 'ready'),
    ...when(isText(finishedAt), 'finished'),
    ...when(failed === true, 'failed'),
    ...when(cancelled === true, 'cancelled'),
    ...when(expired === true, 'expired'),
  ];
}

function when(holds: boolean, milestone: Milestone): Milestone[] {
  return holds ? [milestone] : [];
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

/** In a code by which Atlas says that there is no such job, one of these stands. */
const NO_SUCH_JOB = /"[A-Z_]*(?:RESTORE|JOB)[A-Z_]*"/;

/** True when an answer may be taken for "there is no such job": a 404, or an envelope that says 404, with Atlas's own code for it. */
export function deniesJob(status: number, body: unknown): boolean {
  return (
    (status === 404 || JSON.stringify(body ?? '').includes('404')) &&
    NO_SUCH_JOB.test(JSON.stringify(body ?? ''))
  );
}

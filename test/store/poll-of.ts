import { eventId } from '../../src/domain/event/event.ts';
import type { PollCommit } from '../../src/store/ports/jobs.ts';
import { aJob, anEvent, anObservation, jobId, T0 } from '../support/builders.ts';

/** Poll number `number`: it sees a job of that number for the first time, and failed. */
export function aPollOf(number: number): PollCommit {
  const at = T0 + number;
  const job = aJob(['failed'], { id: jobId(number) });
  const event = anEvent('failed', { id: eventId(at, [String(number)]), job, detectedAt: at });
  return {
    targetKey: 'orders/serverless/g/orders',
    watch: 'orders',
    at,
    takesBaseline: false,
    observations: [anObservation(job)],
    events: [{ event, channels: ['oncall'], suppressed: null }],
    audit: [{ at, kind: 'transition', data: { number } }],
  };
}

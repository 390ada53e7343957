import { describe, expect, it } from 'vitest';
import { EVENT_NAMES, type EventName, type WatcherEvent } from '../../../src/domain/event/event.ts';
import { summarizeDigest } from '../../../src/domain/telling/digest.ts';
import { aJob, anEvent, type EventFacts, jobId, MINUTE, T0 } from '../../support/builders.ts';

const of = (name: EventName, job: number, over: Partial<EventFacts> = {}) =>
  anEvent(name, { job: aJob([], { id: jobId(job) }), ...over });
const about = (name: EventName, over: Partial<EventFacts> = {}) => anEvent(name, over);

describe('what several events come to', () => {
  it('is counted, the worst first', () => {
    const { counts, worst } = summarizeDigest([
      of('finished', 1),
      of('ready', 2),
      of('expired', 3),
      of('finished', 4),
      of('failed', 5),
      about('watch_failing', { watch: 'ledger' }),
    ]);
    expect(counts).toBe('1 failed, 1 watch failing, 1 expired, 2 finished, 1 ready');
    expect(worst.name).toBe('failed');
  });

  it.each<[string, WatcherEvent[], string]>([
    ['a restore by its end', [of('started', 1), of('stalled', 1), of('finished', 1)], '1 finished'],
    [
      'a finish with warnings',
      [of('finished', 1, { severity: 'warning' }), of('finished', 2)],
      '1 finished with warnings, 1 finished',
    ],
    [
      'a download that ran out',
      [of('ready', 1), of('expiring', 1), of('expired', 1, { from: 'ready' })],
      '1 expired',
    ],
    [
      'a finish that ran out later',
      [of('finished', 1), of('expired', 1, { from: 'finished' })],
      '1 finished',
    ],
    ['a finish of earlier that ran out', [of('expired', 1, { from: 'finished' })], '1 expired'],
    ['a watch that is well again', [about('watch_failing'), about('watch_recovered')], '1 watch recovered'],
    [
      'a watch whose drill is overdue besides',
      [about('watch_recovered'), about('drill_overdue')],
      '1 drill overdue, 1 watch recovered',
    ],
    ['the same job on two watches', [of('failed', 1), of('failed', 1, { watch: 'again' })], '2 failed'],
  ])('counts %s', (_, events, counts) => {
    expect(summarizeDigest(events).counts).toBe(counts);
  });

  it.each(EVENT_NAMES)('has words for %s', (name) => {
    expect(summarizeDigest([about(name)]).counts).toMatch(/^1 [a-z ]+$/);
  });

  it('reaches from the earliest to the latest of them', () => {
    const events = [3, 1, 2].map((minute) => of('failed', minute, { occurredAt: T0 + minute * MINUTE }));
    expect(summarizeDigest(events)).toMatchObject({ from: T0 + MINUTE, to: T0 + 3 * MINUTE });
  });
});

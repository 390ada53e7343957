import { describe, expect, it } from 'vitest';
import { isAbout, isFeedEventType, isTold } from '../../../src/domain/polling/feed-events.ts';
import {
  type FeedMemory,
  feedSince,
  heard,
  UNHEARD,
  verdictOn,
} from '../../../src/domain/polling/feed-memory.ts';

const AT = Date.parse('2026-11-23T10:00:00Z');
const MINUTE_MS = 60_000;
const event = (id: string, at: number, type = 'CPS_RESTORE_REQUESTED_AUDIT' as const) => ({ id, type, at });

/** What is known after answers that were asked for at these times. */
function afterAnswers(
  ...answers: Array<[askedAt: number, ...events: ReturnType<typeof event>[]]>
): FeedMemory {
  return answers.reduce((memory, [askedAt, ...events]) => {
    const since = feedSince(memory, askedAt);
    return heard(memory, { events: events.filter(({ at }) => at >= since), since, askedAt }).memory;
  }, UNHEARD);
}

describe('the memory of a feed', () => {
  it('asks for the last five minutes first, then from five minutes before the newest event on', () => {
    expect(feedSince(UNHEARD, AT)).toBe(AT - 5 * MINUTE_MS);
    expect(feedSince(afterAnswers([AT]), AT + 60 * MINUTE_MS)).toBe(AT - 5 * MINUTE_MS);
    const known = afterAnswers([AT, event('a', AT - MINUTE_MS)]);
    expect(feedSince(known, AT + 60 * MINUTE_MS)).toBe(AT - 6 * MINUTE_MS);
  });

  it('takes each event for news once', () => {
    const a = event('a', AT);
    const first = heard(UNHEARD, { events: [a], since: AT - MINUTE_MS, askedAt: AT + 1_000 });
    expect(first.news).toEqual([a]);
    const b = event('b', AT + 1_000);
    const second = heard(first.memory, { events: [b, a], since: AT - MINUTE_MS, askedAt: AT + 31_000 });
    expect(second.news).toEqual([b]);
    const day = AT + 1_440 * MINUTE_MS;
    const third = heard(second.memory, { events: [b, a], since: AT - MINUTE_MS, askedAt: day });
    expect(third.news).toEqual([]);
  });

  it('does not grow with age', () => {
    let memory = UNHEARD;
    for (let minute = 0; minute < 1_000; minute += 1) {
      const at = AT + minute * MINUTE_MS;
      memory = heard(memory, { events: [event(`${minute}`, at)], since: at, askedAt: at }).memory;
    }
    expect(memory.events.size).toBeLessThanOrEqual(121);
  });
});

describe('whether a feed has told of a job', () => {
  const job = { kind: 'cluster' as const, at: AT + 10 * MINUTE_MS };
  const beginning: [number] = [AT];

  it.each<[string, FeedMemory]>([
    ['told', afterAnswers(beginning, [job.at + 20_000, event('a', job.at)])],
    ['told', afterAnswers(beginning, [job.at + 20_000, event('a', job.at - MINUTE_MS)])],
    ['open', afterAnswers(beginning, [job.at + 20_000, event('a', job.at - MINUTE_MS - 1)])],
    ['open', afterAnswers(beginning, [job.at + MINUTE_MS - 1])],
    ['missed', afterAnswers(beginning, [job.at + MINUTE_MS])],
    ['missed', afterAnswers(beginning, [job.at + MINUTE_MS, event('a', job.at + MINUTE_MS + 1)])],
    ['open', UNHEARD],
    ['unasked', afterAnswers([job.at + 6 * MINUTE_MS])],
    ['unasked', afterAnswers(beginning, [job.at + 121 * MINUTE_MS])],
  ])('is %s (%#)', (verdict, memory) => {
    expect(verdictOn(memory, job)).toBe(verdict);
  });

  it('counts an event only when it shows in time, or in the first answer for a long while', () => {
    const late = event('a', job.at);
    expect(
      verdictOn(afterAnswers(beginning, [job.at + MINUTE_MS], [job.at + 2 * MINUTE_MS, late]), job),
    ).toBe('missed');
    expect(verdictOn(afterAnswers(beginning, [job.at + 59_000], [job.at + 2 * MINUTE_MS, late]), job)).toBe(
      'told',
    );
    expect(verdictOn(afterAnswers(beginning, [job.at + 60 * MINUTE_MS, late]), job)).toBe('told');
  });

  it('counts an event only for the kinds that it may be about', () => {
    const memory = afterAnswers(beginning, [job.at + MINUTE_MS, event('a', job.at)]);
    expect(verdictOn(memory, { ...job, kind: 'collection' })).toBe('told');
    expect(verdictOn(memory, { ...job, kind: 'flex' })).toBe('missed');
    expect(isAbout({ type: 'TENANT_RESTORE_FAILED' }, 'flex')).toBe(true);
    expect((['cluster', 'collection', 'flex', 'serverless', 'legacy'] as const).map(isTold)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect([isFeedEventType('CLUSTER_CREATED'), isFeedEventType('toString')]).toEqual([false, false]);
  });
});

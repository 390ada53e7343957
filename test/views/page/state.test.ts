import { describe, expect, it } from 'vitest';
import { stateOf } from '../../../src/views/page/state.ts';
import { MINUTE, T0 } from '../../support/builders.ts';
import { aRecord, pageFacts } from '../../support/page-facts.ts';
import { AUTH_FAULT, aWatcherStatus, aWatchStatus, DISK_FULL } from '../../support/statuses.ts';

const of = (watches: ReturnType<typeof aWatchStatus>[], over = {}) =>
  stateOf(pageFacts({ status: aWatcherStatus({ watches, ...over }) }));
const overdue = {
  sinceSuccessMs: 3 * MINUTE,
  fault: AUTH_FAULT,
  faults: [{ ...AUTH_FAULT, place: null, blindForMs: 3 * MINUTE }],
};
const place = { groupId: 'p1', projectName: 'alpha', instanceName: 'carts' };

describe('the state of a page', () => {
  it('is fine when every watch sees', () => {
    expect(of([aWatchStatus()])).toEqual({
      level: 'fine',
      headline: 'Everything is seen',
      troubles: [],
      watches: 1,
      lastLookAt: T0,
      periods: { shortestMs: 60_000, longestMs: 60_000 },
    });
  });

  it('tells of an audit log that was found to be wrong, until it is found to be sound', () => {
    const found = (problems: number) => {
      const verified = {
        ...{ at: T0, by: 'ann@desk, version 1.2.3', head: null, problems, isKeyGiven: false },
        first: { entry: 41, how: 'missing' as const },
      };
      const record = aRecord({ log: { entries: 50, checkpoint: null, verified } });
      return stateOf(pageFacts({ record }));
    };
    expect(found(1)).toMatchObject({
      ...{ level: 'warning', headline: 'Everything is seen, but 1 thing is not as it should be' },
      troubles: [{ words: 'the audit log was found to be wrong, from entry 41 on (missing)', since: T0 }],
    });
    expect(found(0).level).toBe('fine');
  });

  it('counts the watches that are blind, and says of each since when, why, and what to do', () => {
    const { level, headline, troubles } = of([aWatchStatus(), aWatchStatus({ watch: 'carts', ...overdue })]);
    expect([level, headline]).toEqual(['problem', '1 of 2 watches is blind']);
    expect(troubles).toEqual([
      {
        level: 'problem',
        about: 'carts',
        words: 'Atlas refuses the credential',
        detail: AUTH_FAULT.message,
        todo: 'Check the API key.',
        since: T0,
      },
    ]);
  });

  it('is starting while a watch waits for its first look and there is time', () => {
    const starting = aWatchStatus({ watch: 'carts', lastSuccessAt: null, sinceSuccessMs: 1_000 });
    expect(of([aWatchStatus(), starting])).toMatchObject({
      level: 'starting',
      headline: 'Taking the first look: 1 of 2 watches read',
    });
  });

  it('names the part of a watch that is blind by itself', () => {
    const fault = { ...AUTH_FAULT, place, blindForMs: 3 * MINUTE };
    const found = of([aWatchStatus({ instanceName: '*', faults: [fault] })]);
    expect(found).toMatchObject({ level: 'problem', headline: 'The only watch is partly blind' });
    expect(found.troubles[0]?.words).toBe(
      'carts in project alpha cannot be read: Atlas refuses the credential',
    );
  });

  it('takes a part that may yet be read in time for a warning', () => {
    const fault = { ...AUTH_FAULT, place, blindForMs: 1_000 };
    expect(of([aWatchStatus({ instanceName: '*', faults: [fault] })])).toMatchObject({
      level: 'warning',
      headline: 'Everything is seen, but 1 thing is not as it should be',
    });
  });

  it('warns of a channel that fails, and of a watch that a rate limit holds back', () => {
    const throttled = {
      ...AUTH_FAULT,
      reason: 'rate_limited' as const,
      by: 'ceiling' as const,
      isMeant: false,
    };
    const { troubles, level } = of([aWatchStatus({ scheduledMs: 1_000, periodMs: 6_000, throttled })], {
      channels: [
        { channel: 'siem', waitsForMs: null, failing: { since: T0, detail: 'HTTP 401' }, sentBy: null },
      ],
    });
    expect(level).toBe('warning');
    expect(troubles.map(({ about, words }) => [about, words])).toEqual([
      ['orders', 'polled every 6 s instead of every 1 s: a rate limit is in the way'],
      ['channel siem', 'messages are not accepted'],
    ]);
  });

  it('says first that the store cannot be written', () => {
    const { level, headline, troubles } = of([aWatchStatus(overdue)], { storeFault: DISK_FULL });
    expect([level, headline]).toEqual(['problem', 'The only watch is blind']);
    expect(troubles.map(({ words }) => words)).toEqual([
      'the store cannot be written',
      'Atlas refuses the credential',
    ]);
  });

  it('says what else is wrong: a stop, a configuration that cannot be used', () => {
    const others = { problems: ['the watcher is stopping'], warnings: ['the configuration was changed'] };
    expect(stateOf(pageFacts({ others }))).toMatchObject({
      headline: 'Something is wrong',
      troubles: [{ words: 'The watcher is stopping' }, { words: 'The configuration was changed' }],
    });
  });
});

import { describe, expect, it } from 'vitest';
import { healthOf, withHeartbeatFault } from '../../src/health/health.ts';
import { MINUTE, T0 } from '../support/builders.ts';
import { AUTH_FAULT, aWatcherStatus, aWatchStatus, DISK_FULL } from '../support/statuses.ts';

describe('health', () => {
  it('is live and ready while every watch was polled in time', () => {
    expect(healthOf(aWatcherStatus())).toEqual({ live: true, ready: true, reasons: [], warnings: [] });
  });

  it('is ready without any watch', () => {
    expect(healthOf(aWatcherStatus({ watches: [] })).ready).toBe(true);
  });

  it.each([
    [29_999, true],
    [30_000, false],
  ])('after %i ms without a heartbeat, live is %s', (sinceHeartbeatMs, live) => {
    expect(healthOf(aWatcherStatus({ sinceHeartbeatMs }))).toMatchObject({ live, ready: live });
  });

  it('takes another limit for the heartbeat', () => {
    expect(healthOf(aWatcherStatus({ sinceHeartbeatMs: 1_000 }), 900)).toEqual({
      live: false,
      ready: false,
      reasons: [
        expect.stringMatching(/^the watcher has done nothing for 1 s: .* Restart it when that lasts\.$/),
      ],
      warnings: [],
    });
  });

  it.each(['starting', 'stopping', 'stopped'] as const)('is not ready while it is %s', (state) => {
    expect(healthOf(aWatcherStatus({ state }))).toEqual({
      live: true,
      ready: false,
      reasons: [`the watcher is ${state}`],
      warnings: [],
    });
  });

  it('is not ready while the store fails, and says how', () => {
    const { ready, reasons } = healthOf(aWatcherStatus({ storeFault: DISK_FULL }));
    expect(ready).toBe(false);
    expect(reasons).toEqual(['the store fails since 2026-11-02T08:00:05Z: the disk is full. Make room.']);
  });

  it('is not ready before the first poll of every watch', () => {
    const watches = [aWatchStatus(), aWatchStatus({ watch: 'billing', lastSuccessAt: null })];
    expect(healthOf(aWatcherStatus({ watches })).reasons).toEqual([
      'watch billing: not polled yet, 20 s after the start',
    ]);
  });

  it('gives the reason at once when the first poll fails', () => {
    const watches = [aWatchStatus({ lastSuccessAt: null, fault: AUTH_FAULT })];
    expect(healthOf(aWatcherStatus({ watches })).reasons).toEqual([
      'watch orders: not polled yet, 20 s after the start: Atlas refuses the credentials. Check the API key.',
    ]);
  });

  it('stays ready through a fault as long as the watch is within its due time', () => {
    const watches = [
      aWatchStatus({ fault: AUTH_FAULT, sinceSuccessMs: 2 * MINUTE, dueWithinMs: 2 * MINUTE }),
    ];
    expect(healthOf(aWatcherStatus({ watches })).ready).toBe(true);
  });

  it('says since when, why and what to do once the watch is past due', () => {
    const watches = [aWatchStatus({ fault: AUTH_FAULT, sinceSuccessMs: 7 * MINUTE })];
    expect(healthOf(aWatcherStatus({ watches })).reasons).toEqual([
      'watch orders: not polled since 2026-11-02T08:00:05Z, 7 min ago: Atlas refuses the credentials. Check the API key.',
    ]);
  });

  it('tells of a watch that is past due although no poll has failed', () => {
    const watches = [aWatchStatus({ sinceSuccessMs: 7 * MINUTE })];
    expect(healthOf(aWatcherStatus({ watches })).reasons).toEqual([
      'watch orders: not polled since 2026-11-02T08:00:05Z, 7 min ago',
    ]);
  });

  it('is not ready after a standstill until a watch that missed a poll has been polled again', () => {
    const watches = [aWatchStatus({ hasMissedPolls: true })];
    expect(healthOf(aWatcherStatus({ watches }))).toMatchObject({
      live: true,
      ready: false,
      reasons: [
        'watch orders: not polled since 2026-11-02T08:00:05Z, 20 s ago: the process stood still meanwhile. It is polled next by itself.',
      ],
    });
  });

  it('warns of a channel that fails, and stays ready: the watching goes on', () => {
    const failing = { since: Date.parse('2026-11-25T08:00:00Z'), detail: 'HTTP 404' };
    const health = healthOf(
      aWatcherStatus({ channels: [{ channel: 'oncall', failing, waitsForMs: null, sentBy: null }] }),
    );
    expect(health.ready).toBe(true);
    expect(health.warnings).toEqual(['channel oncall fails since 2026-11-25T08:00:00.000Z: HTTP 404']);
  });

  it('is not ready while a channel does not deliver by the configuration in force', () => {
    const channels = [{ channel: 'oncall', failing: null, waitsForMs: 40_000, sentBy: null }];
    expect(healthOf(aWatcherStatus({ channels }))).toMatchObject({
      ready: false,
      reasons: [
        expect.stringMatching(/^channel oncall: its configuration is not in use yet, since 40 s: a send/),
      ],
    });
  });

  it.each([
    [
      { kind: 'refused', detail: 'HTTP 404', hint: 'check the address' },
      'the heartbeat is not received, since 2026-11-02T08:00:05Z: HTTP 404. Check the address',
    ],
    [
      { kind: 'doubtful', detail: 'HTTP 200: OK (not found)', hint: null },
      'the heartbeat is answered, and most likely not noted, since 2026-11-02T08:00:05Z: HTTP 200: OK (not found)',
    ],
  ] as const)('stays ready, with a warning, while a heartbeat is %o', (fault, warning) => {
    const health = healthOf(aWatcherStatus());
    expect(withHeartbeatFault(health, { ...fault, since: T0 })).toEqual({
      live: true,
      ready: true,
      reasons: [],
      warnings: [warning],
    });
    expect(withHeartbeatFault(health, null)).toBe(health);
  });
});

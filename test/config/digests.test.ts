import { afterEach, expect, it, vi } from 'vitest';
import type { ChannelConfig } from '../../src/config/config.ts';
import { nextDigestOf } from '../../src/config/digests.ts';

afterEach(() => {
  vi.useRealTimers();
});

const slack = {
  type: 'slack',
  url: 'https://hooks.slack.com/services/x',
  caFile: null,
  timeoutMs: 30_000,
  template: null,
} as const;
const CHANNELS: ChannelConfig[] = [
  { ...slack, name: 'oncall', timeZone: 'Europe/Berlin', digest: null },
  { ...slack, name: 'team', timeZone: 'Europe/Berlin', digest: '0 7 * * *' },
  { ...slack, name: 'world', timeZone: null, digest: '0 7 * * *' },
  {
    name: 'siem',
    type: 'webhook',
    url: 'https://siem/x',
    secret: null,
    headers: {},
    caFile: null,
    timeoutMs: 30_000,
  },
];

function goTo(now: string): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse(now) });
}

it('knows the next digest of each channel that has one, in its zone or else in UTC', () => {
  goTo('2026-11-02T05:00:00Z');
  const next = nextDigestOf(CHANNELS);
  expect(next('team')).toBe(Date.parse('2026-11-02T06:00:00Z'));
  expect(next('world')).toBe(Date.parse('2026-11-02T07:00:00Z'));
  expect([next('oncall'), next('siem'), next('nobody')]).toEqual([null, null, null]);
});

it('goes on to the digest after when one has come', () => {
  goTo('2026-11-02T05:59:59.900Z');
  const next = nextDigestOf(CHANNELS);
  expect(next('team')).toBe(Date.parse('2026-11-02T06:00:00Z'));
  goTo('2026-11-02T06:00:00Z');
  expect(next('team')).toBe(Date.parse('2026-11-03T06:00:00Z'));
});

it('follows a clock that is set back', () => {
  goTo('2027-11-02T05:00:00Z');
  const next = nextDigestOf(CHANNELS);
  expect(next('team')).toBe(Date.parse('2027-11-02T06:00:00Z'));
  goTo('2026-11-02T05:00:00Z');
  expect(next('team')).toBe(Date.parse('2026-11-02T06:00:00Z'));
});

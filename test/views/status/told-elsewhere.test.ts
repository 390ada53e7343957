import { describe, expect, it } from 'vitest';
import { alertKey } from '../../../src/domain/event/alert.ts';
import { watchesSection } from '../../../src/http/page/sections/watches.ts';
import { stateOf } from '../../../src/views/page/state.ts';
import { watchRows } from '../../../src/views/page/watches.ts';
import { reportOfDaemon } from '../../../src/views/status/from-daemon.ts';
import { elsewhereLine, toldElsewhere } from '../../../src/views/status/told-elsewhere.ts';
import type { ReplicasStatus, WatcherStatus } from '../../../src/watcher/status.ts';
import { HOUR, MINUTE, T0 } from '../../support/builders.ts';
import { aRecord, pageFacts } from '../../support/page-facts.ts';
import { readingStore } from '../../support/reading-store.ts';
import { AUTH_FAULT, aWatcherStatus, aWatchStatus } from '../../support/statuses.ts';

const PLACE = { groupId: 'p1', projectName: null, instanceName: 'carts' };
const NOW = T0 + MINUTE;
const far = aWatchStatus({ watch: 'far', polledBy: 'pod-b', lastSuccessAt: null });
const share = { projects: 1, ofProjects: 2, others: ['pod-b'] };
const channel = { channel: 'oncall', waitsForMs: null, sentBy: 'pod-b', failing: null };
const REPLICAS: ReplicasStatus = { me: 'a', replicas: [], owners: new Map(), cutOffMs: null };

/** The report of one replica, where the store tells this. */
async function reported(status: Partial<WatcherStatus>, alerts: Array<[string, number]>) {
  const store = readingStore({ alerts: new Map(alerts) });
  const whole = aWatcherStatus({ replicas: REPLICAS, ...status });
  const report = await reportOfDaemon({
    ...{ now: NOW, version: '1.2.3', pid: 1, store, status: whole, health: { reasons: [], warnings: [] } },
    config: {
      ...{ file: '/w.json', sha256: 'c'.repeat(64), loadedAt: T0, lastReload: null, store: '/w.db' },
      ...{ schedules: new Map(), nextDigestAt: () => null, testAlert: null },
    },
  });
  return { report, facts: pageFacts({ now: NOW, status: whole, record: aRecord({ report }) }) };
}

describe('what another replica cannot read', () => {
  it('is blind on the page of this one too, and who knows why is said', async () => {
    const failing: Array<[string, number]> = [[alertKey('watch_failing', 'far'), T0]];
    const { report, facts } = await reported({ watches: [aWatchStatus(), far] }, failing);
    expect(report).toMatchObject({
      ok: false,
      problems: [
        'watch far: cannot be read since 2026-11-02T08:00:05Z, 1 min ago. pod-b polls it: its page and its log say why.',
      ],
      watches: [{ sight: 'sees' }, { sight: 'blind', why: expect.stringContaining('pod-b polls it') }],
    });
    expect(stateOf(facts)).toMatchObject({
      ...{ level: 'problem', headline: '1 of 2 watches is blind' },
      troubles: [{ about: 'far', words: 'cannot be read', since: T0 }],
    });
    expect(watchRows(facts)[0]).toMatchObject({ watch: 'far', sight: 'blind', since: T0, polledBy: 'pod-b' });
    const text = String(watchesSection(facts, (_tag, _id, element) => element()));
    expect(text.replaceAll(/<[^>]+>/g, '')).toContain('blind since 08:00 polled by pod-b');
  });

  it('is a part of a watch that several share, unless it is the own part', async () => {
    const failing: Array<[string, number]> = [[alertKey('watch_failing', 'orders', PLACE), T0]];
    const shared = aWatchStatus({ groupId: '*', instanceName: '*', share });
    const { report, facts } = await reported({ watches: [shared] }, failing);
    expect(report.watches[0]?.sight).toBe('partly_blind');
    expect(stateOf(facts)).toMatchObject({
      headline: 'The only watch is partly blind',
      troubles: [{ words: 'carts in project p1 cannot be read' }],
    });
    const own = { ...shared, faults: [{ ...AUTH_FAULT, place: PLACE, blindForMs: HOUR }] };
    expect((await reported({ watches: [own] }, failing)).report.elsewhere).toEqual([]);
  });

  it('is a warning where it is a channel', async () => {
    const failing: Array<[string, number]> = [[alertKey('channel_failing', 'oncall'), T0]];
    const { report, facts } = await reported({ channels: [channel] }, failing);
    expect(report.warnings).toEqual(report.elsewhere.map((one) => elsewhereLine(one, NOW)));
    expect(stateOf(facts)).toMatchObject({
      level: 'warning',
      troubles: [{ about: 'channel oncall', words: 'messages are not accepted' }],
    });
  });

  it('is nothing of what this replica polls itself, nor where it is alone', () => {
    const alerts = new Map([
      [alertKey('watch_failing', 'orders'), T0],
      [alertKey('channel_failing', 'oncall'), T0],
    ]);
    const status = { watches: [aWatchStatus()], channels: [{ ...channel, sentBy: null }] };
    expect(toldElsewhere(status, alerts)).toEqual([]);
  });
});

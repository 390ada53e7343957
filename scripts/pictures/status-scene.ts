import { PassThrough } from 'node:stream';
import { createOutput } from '../../src/cli/view/output.ts';
import { statusLines } from '../../src/cli/view/status-text.ts';
import { toIso } from '../../src/domain/instant.ts';
import type { ChannelReport, StatusReport, WatchReport } from '../../src/views/status/report.ts';
import { HOUR, MINUTE, T0 } from '../../test/support/builders.ts';

const NOW = T0 + 3 * HOUR;

/** What `status` shows of a daemon of which one watch is blind and one channel fails, in a terminal of so many columns. */
export function statusScene(columns: number): string {
  const stdout = Object.assign(new PassThrough(), { isTTY: true, columns });
  return `${statusLines(REPORT, createOutput(stdout, { TERM: 'xterm' }), NOW).join('\n')}\n`;
}

function watch(name: string, over: Partial<WatchReport> = {}): WatchReport {
  return {
    ...{ watch: name, sight: 'sees', why: null, schedule: '*/30 * * * * *', running: 0 },
    ...{ scheduledMs: 30_000, periodMs: 30_000, throttled: null },
    ...{ lastSuccessAt: toIso(NOW - 12_000), nextPollAt: toIso(NOW + 18_000), jobs: { finished: 34 } },
    ...over,
  };
}

function channel(name: string, over: Partial<ChannelReport> = {}): ChannelReport {
  return {
    ...{ channel: name, state: 'accepts', since: null, detail: null, owed: 0, nextTryAt: null, held: 0 },
    ...{ givenUp: 0, lastAcceptedAt: toIso(NOW - 40 * MINUTE), nextDigestAt: null },
    ...over,
  };
}

const REPORT: StatusReport = {
  asOf: toIso(NOW),
  from: 'daemon',
  ok: false,
  problems: [
    "watch carts: not polled since 2026-11-02T10:50:05Z, 10 min ago: Atlas answered 403 IP_ADDRESS_NOT_ON_ACCESS_LIST. This machine's address is not on the access list of the API key: add it in Atlas under the key.",
  ],
  warnings: ['channel oncall fails since 2026-11-02T10:45:05Z: HTTP 503'],
  daemon: { state: 'running', version: '0.1.0', startedAt: toIso(T0), pid: 7 },
  watches: [
    watch('orders', { running: 2, jobs: { in_progress: 2, finished: 34, failed: 1 } }),
    watch('carts', { sight: 'blind', lastSuccessAt: toIso(NOW - 10 * MINUTE) }),
  ],
  channels: [
    channel('oncall', { state: 'failing', owed: 2, nextTryAt: toIso(NOW + 2 * MINUTE), givenUp: 1 }),
    channel('dba', { held: 3, nextDigestAt: toIso(NOW + 20 * HOUR) }),
  ],
  mutes: [
    {
      id: 7,
      watch: 'staging-*',
      events: ['stalled'],
      until: toIso(NOW + 2 * HOUR),
      author: 'ann',
      reason: 'slow disks, OPS-17',
    },
  ],
  testAlert: { event: 'failed', watch: 'orders', nextAt: toIso(NOW + 70 * HOUR) },
  config: {
    file: '/etc/restore-watcher/watcher.config.json',
    sha256: '3f2a90cc41d7'.padEnd(64, '0'),
    loadedAt: toIso(T0),
    lastReload: null,
  },
  store: { where: '/var/lib/restore-watcher/watcher.db', lastWrittenAt: toIso(NOW - 9_000) },
};

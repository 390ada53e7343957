import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CliParts, RemoteDaemon } from '../../src/cli/parts.ts';
import { StoreError, WatcherError } from '../../src/errors.ts';
import { reportOfDaemon } from '../../src/views/status/from-daemon.ts';
import type { StatusReport } from '../../src/views/status/report.ts';
import { aJob, aMute, anEvent, anObservation, HOUR, jobId, MINUTE, T0 } from '../support/builders.ts';
import { readingStore, recorded } from '../support/reading-store.ts';
import { AUTH_FAULT, aWatcherStatus, aWatchStatus } from '../support/statuses.ts';
import { aConfig, cli, NOW } from './harness.ts';

const store = () =>
  readingStore({
    observations: [
      anObservation(aJob([], { id: jobId(1) })),
      anObservation(aJob(['failed'], { id: jobId(2) })),
    ],
    events: [
      recorded(anEvent('failed'), [
        { channel: 'oncall', status: 'pending', endedAt: null, nextAttemptAt: NOW + 2 * MINUTE },
        { channel: 'siem' },
      ]),
    ],
    mutes: [aMute({ id: 7, events: ['stalled'], reason: 'slow disks, OPS-17', until: NOW + 2 * HOUR })],
    alerts: new Map([['watch_failing/orders', T0]]),
  });

/** What a daemon says of itself, one of whose watches and channels fail, unless it is well. */
function report(isWell = false, over: Partial<StatusReport> = {}): Promise<StatusReport> {
  const fault = { ...AUTH_FAULT, place: null, blindForMs: MINUTE };
  const carts = aWatchStatus({
    ...{ watch: 'carts-of-the-european-region', sinceSuccessMs: HOUR, lastSuccessAt: NOW - HOUR },
    ...{ fault: AUTH_FAULT, faults: [fault] },
  });
  const near = {
    ...{ lastSuccessAt: NOW - 12_000, nextPollAt: NOW + 18_000 },
    ...{ scheduledMs: 30_000, periodMs: 30_000 },
  };
  return reportOfDaemon({
    now: NOW,
    version: '1.2.3',
    pid: 42,
    status: aWatcherStatus({
      watches: [aWatchStatus(near), ...(isWell ? [] : [carts])],
      channels: [
        {
          channel: 'oncall',
          waitsForMs: null,
          sentBy: null,
          failing: isWell ? null : { since: T0, detail: 'HTTP 500' },
        },
        { channel: 'siem', waitsForMs: null, sentBy: null, failing: null },
      ],
    }),
    health: isWell
      ? { reasons: [], warnings: [] }
      : {
          reasons: [
            'watch carts-of-the-european-region: not polled since 2026-11-02T08:00:05Z, 1 h ago: Atlas refuses the credentials. Check the API key.',
          ],
          warnings: ['channel oncall fails since 2026-11-02T08:00:05.000Z: HTTP 500'],
        },
    config: {
      file: '/etc/restore-watcher/watcher.config.json',
      sha256: 'c0ffee'.padEnd(64, '0'),
      loadedAt: NOW - MINUTE,
      lastReload: {
        at: NOW - MINUTE,
        outcome: 'rejected',
        reason: 'SIGHUP',
        issues: ['watches: is missing'],
      },
      store: resolve('./data/watcher.db'),
      schedules: new Map([['orders', '*/30 * * * * *']]),
      nextDigestAt: (channel) => (channel === 'siem' ? NOW + 4 * HOUR : null),
      testAlert: { event: 'failed', watch: 'orders', nextAt: NOW + 24 * HOUR },
    },
    store: store(),
  }).then((made) => ({ ...made, ...over }));
}

function throttledWatch(watch: string, isMeant: boolean, message: string): StatusReport['watches'][number] {
  const hint = 'Set requestsPerMinute.';
  return {
    ...{ watch, sight: 'sees', why: null, schedule: '*/30 * * * * *', running: 0, jobs: {} },
    polledBy: null,
    share: null,
    ...{ scheduledMs: 30_000, periodMs: 66_700, hint: null, lastSuccessAt: null, nextPollAt: null },
    throttled: {
      reason: 'rate_limited',
      by: 'ceiling',
      isMeant,
      message,
      hint,
      since: '2026-11-02T08:00:05Z',
    },
  };
}

const answering = (status: RemoteDaemon['status']): Partial<CliParts> => ({
  connectDaemon: () => ({
    status,
    telling: () => Promise.reject(new Error('asked')),
    records: { close: async () => {} } as RemoteDaemon['records'],
  }),
});
const without = (state: { exists?: boolean; inUse: boolean | null }): Partial<CliParts> => ({
  inspectStore: async () => ({ where: 'watcher.db', exists: true, schemaVersion: 1, ...state }),
});

describe('status', () => {
  it.each([80, 120])(
    'shows what is wrong first, and then everything else, in %i columns',
    async (terminal) => {
      const { code, out } = await cli(['status'], {
        parts: answering(() => report()),
        terminal,
        env: { NO_COLOR: '1' },
      });
      expect(code).toBe(1);
      expect(Math.max(...out.split('\n').map((line) => [...line].length))).toBeLessThanOrEqual(terminal);
      const whole = out.replaceAll(/\s+/g, ' ');
      expect(whole).toContain(
        'restore-watcher 1.2.3 is running, since 2026-11-02 07:59:05Z (1 h 1 min), process 42',
      );
      expect(whole).toContain('2 things are wrong: ! watch carts-of-the-european-region: not polled since');
      expect(whole).toContain('orders yes 30 s 12 s ago in 18 s 1 1 failed');
      expect(whole).toContain('oncall no never 1, next try in 2 min 0');
      expect(whole).toMatch(/siem yes \S+ \S+ ago digest in 4 h 0/);
      expect(whole).toContain(
        'Mute 7: orders: stalled until 2026-11-02 11:00:05Z (in 2 h) by ann: slow disks, OPS-17',
      );
      expect(whole).toContain('Test alert: failed of orders at 2026-11-03 09:00:05Z (in 1 d)');
      expect(whole).toContain('sha256 c0ffee000000, in force since 2026-11-02 08:59:05Z (1 min)');
      expect(whole).toContain('Last reload: rejected 1 min ago, asked for by SIGHUP: watches: is missing');
    },
  );

  it.each([80, 120])(
    'tells the period that a rate limit leaves, and why, in %i columns',
    async (terminal) => {
      const whole = await report(true, {
        watches: [
          throttledWatch('fleet', true, 'it is polled every 67 s instead of every 30 s: 200 of 90'),
          throttledWatch('eager', false, 'told above'),
        ],
      });
      const parts = answering(async () => whole);
      const { code, out } = await cli(['status'], { parts, terminal, env: { NO_COLOR: '1' } });
      expect(code).toBe(0);
      expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(terminal);
      expect(out).toMatch(/^fleet +yes +67 s, not 30 s /m);
      expect(out).toMatch(/^eager +yes +67 s, not 30 s /m);
      expect(out.replaceAll(/\s+/g, ' ')).toContain(
        'fleet: it is polled every 67 s instead of every 30 s: 200 of 90. Set requestsPerMinute.',
      );
      expect(out).not.toContain('told above');
    },
  );

  it('ends with 0 when all is well', async () => {
    const { code, out } = await cli(['status'], { parts: answering(() => report(true)) });
    expect(code).toBe(0);
    expect(out).toContain('All is well.');
  });

  it('prints the report as the API gives it', async () => {
    const { code, out } = await cli(['status', '--json'], { parts: answering(() => report()) });
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual(await report());
  });

  it('does not say never of a watch that an earlier process may have polled', async () => {
    const made = await report();
    const [first] = made.watches;
    const watches = first === undefined ? [] : [{ ...first, lastSuccessAt: null }];
    const { out } = await cli(['status'], { parts: answering(async () => ({ ...made, watches })) });
    expect(out).toMatch(/ LAST SUCCESS +NEXT/);
    expect(out).toMatch(/ not since start +/);
  });

  it('says first that no daemon runs, and then what the store knows', async () => {
    const { code, out, err } = await cli(['status'], { store: store(), parts: without({ inUse: false }) });
    expect(code).toBe(1);
    expect(err).toBe('');
    expect(out).toMatch(/^no daemon runs: nobody is watching\. Start it with "restore-watcher run"\.\n/);
    expect(out).toContain('! watch orders fails since 2026-11-02T08:00:05Z, as far as the store knows');
    expect(out).toMatch(/^orders +nobody looks +never +1 +1 failed$/m);
    const json = await cli(['status', '--json'], { store: store(), parts: without({ inUse: false }) });
    expect(json.err).toMatch(/^note: no daemon runs/);
    expect(JSON.parse(json.out)).toMatchObject({
      from: 'store',
      ok: false,
      daemon: { state: 'not_running' },
    });
  });

  it.each([
    [
      'does not answer',
      () => Promise.reject(new WatcherError('daemon_unreachable', 'ECONNREFUSED')),
      'ECONNREFUSED',
    ],
    [
      'works with another store',
      () =>
        report(true, {
          store: { where: '/elsewhere.db', isRead: true, lastWrittenAt: null, oldestEventAt: null },
        }),
      'the one at http://127.0.0.1:8080 works with another store, /elsewhere.db',
    ],
  ])('says so where the daemon that holds the store %s', async (_what, status, why) => {
    const parts = { ...answering(status), ...without({ inUse: true }) };
    const { code, out } = await cli(['status'], { store: store(), parts });
    expect(code).toBe(1);
    expect(out.replaceAll('\n', ' ')).toContain(`a daemon holds the store, and does not answer (${why})`);
  });

  it('asks the daemon that --server names, over plain http only on loopback', async () => {
    const given: unknown[] = [];
    const parts: Partial<CliParts> = {
      loadConfig: () => Promise.reject(new Error('no configuration is needed')),
      connectDaemon: (address) => {
        given.push(address);
        return answering(() => report(true)).connectDaemon?.(address) as RemoteDaemon;
      },
    };
    const env = { RESTORE_WATCHER_TOKEN: 'of-the-environment' };
    const url = 'https://watcher.example.com';
    expect((await cli(['status', '--server', url, '--token', 't'], { parts, env })).code).toBe(0);
    expect((await cli(['status', '--server', url], { parts, env })).code).toBe(0);
    expect(given).toEqual([
      { url, token: 't' },
      { url, token: 'of-the-environment' },
    ]);
    const refused = await cli(['status', '--server', 'http://watcher.example.com'], { parts });
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('plain http is for loopback addresses only');
    expect((await cli(['status', '--token', 't'], { parts })).err).toContain('--token goes with --server');
  });
});

describe('status in a folder without the database', () => {
  const nowhere: Partial<CliParts> = {
    inspectStore: async () => ({
      where: '/here/watcher.db',
      exists: false,
      schemaVersion: null,
      inUse: null,
    }),
  };

  it('asks the daemon all the same, and says that it works with another file', async () => {
    const parts = { ...answering(() => report(true)), ...nowhere };
    const { code, out, err } = await cli(['status'], { parts });
    expect(code).toBe(0);
    expect(out).toContain('is running, since');
    expect(err).toBe('');
    const store = { where: '/elsewhere.db', isRead: true, lastWrittenAt: null, oldestEventAt: null };
    const other = { ...answering(() => report(true, { store })), ...nowhere };
    expect((await cli(['status'], { parts: other })).err).toContain(
      'the daemon at http://127.0.0.1:8080 works with /elsewhere.db; here is no database at /here/watcher.db',
    );
    const jobs = await cli(['jobs'], { parts: other });
    expect(jobs.err).toContain('--server http://127.0.0.1:8080 asks it');
  });

  it('says that none runs only where none answers', async () => {
    const silent = await cli(['status'], { parts: nowhere });
    expect(silent).toMatchObject({ code: 1, out: expect.stringMatching(/^no daemon runs, and there is no/) });
    const refusing = () => Promise.reject(new WatcherError('daemon_refuses', 'demands a token'));
    const { out } = await cli(['status'], { parts: { ...answering(refusing), ...nowhere } });
    expect(out).toMatch(/^whether a daemon runs cannot be told \(demands a token\): there is no database/);
  });

  it('asks also where this user may not look for the store, and sends no token to another machine', async () => {
    const denied: Partial<CliParts> = {
      inspectStore: () => Promise.reject(new StoreError('unavailable', 'may not write in /var/lib')),
    };
    const parts = { ...answering(() => report(true)), ...denied };
    expect(await cli(['status'], { parts })).toMatchObject({ code: 0 });
    const { err } = await cli(['status'], { parts: denied });
    expect(err).toContain('may not write in /var/lib');
    expect(err).toContain('note: no answer (ECONNREFUSED)');
    const config = aConfig({
      server: { host: '10.0.0.7', port: 8080, token: 't', viewToken: null, publicBadges: false },
    });
    const asked = { ...nowhere, connectDaemon: () => Promise.reject(new Error('asked')) as never };
    expect(await cli(['status'], { config, parts: asked })).toMatchObject({ code: 1 });
  });

  it.each(['my host', 'fe80::1%eth0', ''])(
    'survives a server.host that no URL can hold: %j',
    async (host) => {
      const config = aConfig({
        server: { host, port: 8080, token: null, viewToken: null, publicBadges: false },
      });
      const { code, out } = await cli(['status'], {
        config,
        store: store(),
        parts: without({ inUse: true }),
      });
      expect(code).toBe(1);
      expect(out.replaceAll('\n', ' ')).toContain('cannot stand in a URL');
    },
  );
});

describe('the token of the configuration', () => {
  const config = aConfig({
    server: { host: '0.0.0.0', port: 8080, token: 'acts', viewToken: 'reads', publicBadges: false },
  });
  const tokens: Array<string | null> = [];
  const parts: Partial<CliParts> = {
    connectDaemon: ({ url, token }) => {
      tokens.push(token);
      return answering(() => report(true)).connectDaemon?.({ url, token }) as RemoteDaemon;
    },
  };
  const asked = async (...argv: string[]) => {
    tokens.length = 0;
    await cli(argv, { config, store: store(), parts });
    return tokens;
  };

  it('goes to where the configuration has it listen, the one that may read wherever it will do', async () => {
    expect(await asked('status')).toEqual(['reads']);
    const here = ['--server', 'http://localhost:8080'];
    expect(await asked('jobs', ...here)).toEqual(['reads']);
    expect(await asked('mute', 'remove', '1', '--author', 'ann', ...here)).toEqual(['acts']);
  });

  it('goes nowhere else', async () => {
    expect(await asked('jobs', '--server', 'http://127.0.0.1:8081')).toEqual([null]);
    expect(await asked('jobs', '--server', 'https://example.com:8080')).toEqual([null]);
  });
});

describe('commands that read', () => {
  const commands = [['jobs'], ['history'], ['deliveries'], ['mute', 'list'], ['audit', 'export']];

  it.each(commands)(
    '%s %s: say first that no daemon runs and that a watch is blind, not on standard output',
    async (...argv) => {
      const run = () => cli(argv.filter(Boolean), { store: store(), parts: without({ inUse: false }) });
      const { code, out, err } = await run();
      expect(code).toBe(0);
      expect(err).toMatch(/^note: no daemon runs: nobody is watching/);
      expect(err).toContain('note: watch orders fails since 2026-11-02T08:00:05Z');
      expect(out).not.toContain('note:');
    },
  );
});

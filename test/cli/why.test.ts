import { describe, expect, it } from 'vitest';
import { accessOf, tellingConfigOf } from '../../src/config/store-access.ts';
import { WatcherError } from '../../src/errors.ts';
import { connectDaemon } from '../../src/remote/remote-records.ts';
import { createStoreRecords } from '../../src/views/records/store-records.ts';
import type { StatusReport } from '../../src/views/status/report.ts';
import { serve } from '../http/serve.ts';
import { aMute, anEvent, aRoute, HOUR, jobSubjectOf, MINUTE, T0 } from '../support/builders.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { readingStore, recorded } from '../support/reading-store.ts';
import { aConfig, cli, NOW } from './harness.ts';

const failed = anEvent('failed', { occurredAt: T0 + 14 * MINUTE, detectedAt: T0 + 15 * MINUTE });
const config = aConfig({
  routes: [
    aRoute({ events: ['failed'], channels: ['oncall'] }),
    aRoute({ events: ['started'], channels: ['siem'] }),
  ],
});
const one = (...deliveries: Parameters<typeof recorded>[1] & object) =>
  readingStore({ events: [recorded(failed, deliveries)] });

describe('history --why', () => {
  it('says for each channel that it was told, or what kept it away, and what is of now', async () => {
    const { code, out } = await cli(['history', '6ae8…0001', '--why'], {
      config,
      store: one({ channel: 'oncall', endedAt: T0 + 16 * MINUTE }),
    });
    expect(code).toBe(0);
    expect(out).toContain('    oncall  told 2026-11-02 08:16:05Z\n            now: routes[0] leads here');
    expect(out).toContain('    siem    not told\n');
    expect(out).toContain('now: routes[1] does not take it: events wants started, it is failed');
    expect(out).toContain('"then" is what was recorded');
  });

  it('says it to scripts', async () => {
    const store = one({ channel: 'oncall' });
    const { json } = await cli(['history', '6ae8…0001', '--why', '--json'], { config, store });
    expect(json().items[0]?.why).toMatchObject({
      channels: [
        { channel: 'oncall', told: true, reasons: [{ kind: 'routed', routes: [0] }] },
        { channel: 'siem', told: false, reasons: [{ kind: 'unmet', route: 1 }] },
      ],
      blindness: null,
    });
  });

  it('needs no secret: what the routes say now is said without', async () => {
    const { code, out, err } = await cli(['history', '6ae8…0001', '--why'], {
      store: one({ channel: 'oncall', endedAt: T0 + 16 * MINUTE }),
      parts: { readAccess: async () => ({ ...accessOf(config), fault: 'channels[0].url: … is not set' }) },
    });
    expect(code).toBe(0);
    expect(out).toContain('    oncall  told 2026-11-02 08:16:05Z\n            now: routes[0] leads here');
    expect(err).not.toContain('left out');
  });

  it('says what was recorded where the routes cannot be read, and that the rest is left out', async () => {
    const { code, out, err } = await cli(['history', '6ae8…0001', '--why'], {
      store: one({ channel: 'oncall', endedAt: T0 + 16 * MINUTE }),
      parts: { readAccess: async () => ({ ...accessOf(config), telling: null, fault: 'routes: …' }) },
    });
    expect(code).toBe(0);
    expect(out).toContain('    oncall  told 2026-11-02 08:16:05Z');
    expect(err).toContain('watcher.config.json has faults; what its routes would say now is left out');
  });

  it('is asked of a daemon too, which says what its routes are', async () => {
    const store = one({ channel: 'oncall', endedAt: T0 + 16 * MINUTE });
    const clock = createManualClock(NOW);
    const telling = { ...tellingConfigOf(config), channels: ['oncall', 'siem'] };
    const { server } = await serve({}, { store, clock, telling: () => telling });
    const { code, out, err } = await cli(['history', '6ae8…0001', '--why', '--server', server.url], {
      parts: { connectDaemon: (address) => connectDaemon(address, { clock }) },
    });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('    oncall  told 2026-11-02 08:16:05Z\n            now: routes[0] leads here');
    expect(out).toContain('now: routes[1] does not take it: events wants started, it is failed');
  });

  it('is told by the record alone where a daemon does not know its routes', async () => {
    const report = { problems: [], watches: [], channels: [] } as unknown as StatusReport;
    const { code, err } = await cli(['history', '--why', '--server', 'http://127.0.0.1:1'], {
      parts: {
        connectDaemon: () => ({
          status: async () => report,
          telling: () => Promise.reject(new WatcherError('not_found', 'no such path')),
          records: { ...createStoreRecords(one(), { clock: createManualClock(NOW) }), close: async () => {} },
        }),
      },
    });
    expect(code).toBe(0);
    expect(err).toContain('the daemon does not say who is told of what');
  });

  it('names the mute', async () => {
    const mute = aMute({ until: T0 + HOUR, reason: 'the move' });
    const store = readingStore({ events: [recorded(failed, [], 'muted', mute)] });
    const { out } = await cli(['history', '--why'], { config, store });
    expect(out).toContain('then: mute 1, muted until 2026-11-02 09:00:05Z by ann (the move)');
  });

  it('says what the watch could not see', async () => {
    const base = anEvent('failed', { late: true, occurredAt: T0, detectedAt: T0 + HOUR });
    const late = { ...base, subject: { ...jobSubjectOf(base), lastLookAt: T0 - MINUTE } };
    const blind = anEvent('watch_failing', {
      detectedAt: T0 - 10_000,
      summary: 'Watch orders cannot be polled',
    });
    const store = readingStore({ events: [recorded(late), recorded(blind)] });
    const { out } = await cli(['history', '6ae8…0001', '--why'], { config, store });
    expect(out.replaceAll(/\s+/g, ' ')).toContain(
      'nothing of it between 2026-11-02 07:59:05Z and 2026-11-02 09:00:05Z. It was blind, told 2026-11-02 07:59:55Z: Watch orders cannot be polled',
    );
  });

  it.each([80, 120])('fits %d columns', async (terminal) => {
    const { out } = await cli(['history', '--why'], {
      config,
      terminal,
      env: { NO_COLOR: '1' },
      store: one({ channel: 'oncall' }),
    });
    for (const line of out.split('\n').filter((text) => text.startsWith('    '))) {
      expect(line.length).toBeLessThanOrEqual(terminal);
    }
  });
});

it('routes explain --job says the same', async () => {
  const store = () => one({ channel: 'oncall' });
  const { out } = await cli(['history', '6ae8…0001', '--why'], { config, store: store() });
  expect((await cli(['routes', 'explain', '--job', '6ae8…0001'], { config, store: store() })).out).toBe(out);
  expect((await cli(['routes', 'explain', '--watch', 'orders'], { config })).code).toBe(2);
});

describe('history --no-test', () => {
  it('leaves out test alerts', async () => {
    const sample = anEvent('failed', { id: 'sample', test: true });
    const store = readingStore({ events: [recorded(failed), recorded(sample)] });
    expect((await cli(['history', '--json'], { store })).json().items).toHaveLength(2);
    const { items } = (await cli(['history', '--no-test', '--json'], { store })).json();
    expect(items.map(({ test }) => test)).toEqual([false]);
  });
});

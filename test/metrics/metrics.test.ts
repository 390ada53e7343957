import { afterEach, describe, expect, it, vi } from 'vitest';
import { StoreError } from '../../src/errors.ts';
import { createMetrics } from '../../src/metrics/metrics.ts';
import { createSignals } from '../../src/signals.ts';
import { aJob, anEvent, anObservation, HOUR, jobId, MINUTE, T0 } from '../support/builders.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { readingStore, recorded, type StoreContent } from '../support/reading-store.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';

/** Metrics count by name alone. */
const PLANNED = { event: anEvent('failed'), channels: [], suppressed: null };

function aWorld(content: StoreContent = {}, names: { watches?: string[]; channels?: string[] } = {}) {
  const signals = createSignals(createRecordingLogger());
  const store = readingStore(content);
  const clock = createManualClock(T0);
  const metrics = createMetrics({ signals, store, clock, version: '1.2.3' });
  metrics.apply({ watches: ['orders'], channels: ['dba', 'siem'], ...names });
  const lines = async (start: string) =>
    (await metrics.render()).text.split('\n').filter((line) => line.startsWith(`restore_watcher_${start}`));
  return { signals, store, clock, metrics, lines };
}

const A_POLL = { watch: 'orders', durationMs: 300, jobs: 3, changes: 0, running: false, error: null };

describe('metrics', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('counts polls by watch and outcome, and remembers the last success only', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: T0 });
    const { signals, lines } = aWorld();
    signals.emit('poll:finished', { ...A_POLL, outcome: 'ok' });
    vi.setSystemTime(T0 + 60_000);
    signals.emit('poll:finished', { ...A_POLL, outcome: 'failed', error: new Error('no') });

    expect(await lines('polls_total')).toEqual([
      'restore_watcher_polls_total{watch="orders",outcome="ok"} 1',
      'restore_watcher_polls_total{watch="orders",outcome="failed"} 1',
    ]);
    expect(await lines('last_successful_poll_timestamp_seconds{watch="orders"')).toEqual([
      `restore_watcher_last_successful_poll_timestamp_seconds{watch="orders"} ${T0 / 1000}`,
    ]);
  });

  it('lets a watch grow old that is configured and never polled', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: T0 });
    const { metrics, lines } = aWorld();
    vi.setSystemTime(T0 + 60_000);
    metrics.apply({ watches: ['orders', 'carts'], channels: [] });
    vi.setSystemTime(T0 + 90_000);
    metrics.apply({ watches: ['orders', 'carts'], channels: [] });
    expect(await lines('last_successful_poll_timestamp_seconds')).toEqual([
      `restore_watcher_last_successful_poll_timestamp_seconds{watch="orders"} ${T0 / 1000}`,
      `restore_watcher_last_successful_poll_timestamp_seconds{watch="carts"} ${T0 / 1000 + 60}`,
    ]);
  });

  it('names the parts of a watch that cannot be read, for as long as that lasts', async () => {
    const { signals, metrics, lines } = aWorld();
    const failing = [{ groupId: 'a' }, { groupId: 'b', instanceName: 'users' }];
    signals.emit('poll:finished', { ...A_POLL, outcome: 'ok', failing });
    expect(await lines('place_failing')).toEqual([
      'restore_watcher_place_failing{watch="orders",project="a",instance=""} 1',
      'restore_watcher_place_failing{watch="orders",project="b",instance="users"} 1',
    ]);
    signals.emit('poll:finished', { ...A_POLL, outcome: 'ok', failing: failing.slice(1) });
    expect(await lines('place_failing')).toHaveLength(1);
    metrics.apply({ watches: [], channels: [] });
    expect(await lines('place_failing')).toEqual([]);
  });

  it('measures how long polls take, in seconds', async () => {
    const { signals, lines } = aWorld();
    signals.emit('poll:finished', { ...A_POLL, outcome: 'ok' });
    expect(await lines('poll_duration_seconds')).toEqual(
      expect.arrayContaining([
        'restore_watcher_poll_duration_seconds_bucket{le="0.25"} 0',
        'restore_watcher_poll_duration_seconds_bucket{le="0.5"} 1',
        'restore_watcher_poll_duration_seconds_sum 0.3',
        'restore_watcher_poll_duration_seconds_count 1',
      ]),
    );
  });

  it('counts requests to Atlas by connection and status', async () => {
    const { metrics, lines } = aWorld();
    metrics.onRequest({ connection: 'atlas', status: 200 });
    metrics.onRequest({ connection: 'atlas', status: 200 });
    metrics.onRequest({ connection: 'atlas', status: 'timeout' });
    expect(await lines('api_requests_total')).toEqual([
      'restore_watcher_api_requests_total{connection="atlas",status="200"} 2',
      'restore_watcher_api_requests_total{connection="atlas",status="timeout"} 1',
    ]);
  });

  it('counts transitions by the state they lead to, and no other event', async () => {
    const { signals, lines } = aWorld();
    for (const name of ['started', 'failed', 'watch_failing'] as const) {
      signals.emit('event:recorded', {
        watch: 'orders',
        name,
        eventId: name,
        hasHappened: true,
        planned: PLANNED,
      });
    }
    expect(await lines('transitions_total{watch="orders"')).toEqual([
      'restore_watcher_transitions_total{watch="orders",to="in_progress"} 1',
      'restore_watcher_transitions_total{watch="orders",to="ready"} 0',
      'restore_watcher_transitions_total{watch="orders",to="finished"} 0',
      'restore_watcher_transitions_total{watch="orders",to="failed"} 1',
      'restore_watcher_transitions_total{watch="orders",to="cancelled"} 0',
      'restore_watcher_transitions_total{watch="orders",to="expired"} 0',
    ]);
  });

  it('counts delivery attempts by outcome and measures the latency of those that were accepted', async () => {
    const { signals, lines } = aWorld();
    signals.emit('delivery:recorded', {
      channel: 'dba',
      recipient: null,
      outcome: 'retry',
      latencyMs: null,
      eventId: 'e',
      detail: 'HTTP 500',
    });
    signals.emit('delivery:recorded', {
      channel: 'dba',
      recipient: null,
      outcome: 'delivered',
      latencyMs: 5_400,
      eventId: 'e',
      detail: 'ok',
    });
    expect(await lines('deliveries_total{channel="dba"')).toEqual([
      'restore_watcher_deliveries_total{channel="dba",outcome="delivered"} 1',
      'restore_watcher_deliveries_total{channel="dba",outcome="retry"} 1',
      'restore_watcher_deliveries_total{channel="dba",outcome="given_up"} 0',
    ]);
    expect(await lines('delivery_latency_seconds')).toEqual(
      expect.arrayContaining([
        'restore_watcher_delivery_latency_seconds_sum 5.4',
        'restore_watcher_delivery_latency_seconds_count 1',
      ]),
    );
  });

  it('takes jobs and pending deliveries from the store at every scrape', async () => {
    const done = anObservation(aJob(['finished'], { id: jobId(2) }));
    const { store, lines, metrics } = aWorld({
      observations: [anObservation(), done],
      events: [recorded(anEvent(), [{ channel: 'dba', status: 'pending' }, { channel: 'siem' }])],
    });
    expect(await lines('jobs')).toEqual([
      'restore_watcher_jobs{watch="orders",state="in_progress"} 1',
      'restore_watcher_jobs{watch="orders",state="finished"} 1',
    ]);
    expect(await lines('deliveries_pending')).toEqual([
      'restore_watcher_deliveries_pending{channel="dba"} 1',
      'restore_watcher_deliveries_pending{channel="siem"} 0',
    ]);

    store.content.observations = [done];
    expect(await lines('jobs')).toEqual(['restore_watcher_jobs{watch="orders",state="finished"} 1']);

    metrics.apply({ watches: ['carts'], channels: [] });
    expect(await lines('jobs')).toEqual([]);
  });

  it('tells how long the oldest running job of a watch has been running, 0 while none is', async () => {
    const at = (number: number, createdAt: number, over = {}) =>
      anObservation(aJob([], { id: jobId(number), createdAt }), over);
    const { lines } = aWorld(
      {
        observations: [
          at(1, T0 - 2 * MINUTE),
          at(2, T0 - 41 * MINUTE),
          at(3, T0 - 3 * HOUR, { missingSince: T0 - MINUTE }),
        ],
      },
      { watches: ['orders', 'billing'] },
    );
    expect(await lines('oldest_running_job_age_seconds{')).toEqual([
      'restore_watcher_oldest_running_job_age_seconds{watch="orders"} 2460',
      'restore_watcher_oldest_running_job_age_seconds{watch="billing"} 0',
    ]);
  });

  it('tells when running jobs should end, where anything tells', async () => {
    const half = { done: 1, total: 2 };
    const { store, clock, lines } = aWorld({
      observations: [
        anObservation(aJob([], { id: jobId(1) })),
        anObservation(aJob([], { id: jobId(2), createdAt: T0 - 4 * MINUTE, progress: half })),
        anObservation(aJob(['failed'], { id: jobId(3) })),
      ],
    });
    const series = async () => (await lines('job_expected_end_timestamp_seconds{')).toSorted();
    const halfDone = `restore_watcher_job_expected_end_timestamp_seconds{watch="orders",job="${jobId(2)}"} ${T0 / 1000 + 240}`;
    expect(await series()).toEqual([halfDone]);
    store.content.durations.push({ deliveryType: 'automated', durationMs: 12 * MINUTE });
    clock.advance(10 * MINUTE);
    expect(await series()).toContain(
      `restore_watcher_job_expected_end_timestamp_seconds{watch="orders",job="${jobId(1)}"} ${T0 / 1000 + 720}`,
    );
    store.content.observations.splice(0, 2);
    expect(await series()).toEqual([]);
  });

  it('keeps to the hundred jobs that began first', async () => {
    const durations = [{ deliveryType: 'automated', durationMs: 12 * MINUTE }];
    const observations = Array.from({ length: 130 }, (_, n) =>
      anObservation(aJob([], { id: jobId(n), createdAt: T0 - n * MINUTE })),
    );
    const series = await aWorld({ observations, durations }).lines('job_expected_end_timestamp_seconds{');
    expect(series).toHaveLength(100);
    expect(series.join()).toContain(jobId(129));
    expect(series.join()).not.toContain(jobId(29));
  });

  it('reads what is usual once for all jobs of an instance, and not again at the next scrape', async () => {
    const { store, lines } = aWorld({
      observations: [anObservation(aJob([], { id: jobId(1) })), anObservation(aJob([], { id: jobId(2) }))],
    });
    const read = vi.spyOn(store, 'finishedDurations');
    await lines('job');
    await lines('job');
    expect(read).toHaveBeenCalledTimes(1);
  });

  it('shows everything else while the store cannot be read', async () => {
    const { store, lines } = aWorld({ observations: [anObservation()] });
    await lines('jobs');
    store.fault = new StoreError('unavailable', 'disk gone');
    expect(await lines('jobs{')).toEqual([]);
    expect(await lines('oldest_running_job_age_seconds{')).toEqual([]);
    expect(await lines('build_info')).toEqual([
      `restore_watcher_build_info{version="1.2.3",node="${process.versions.node}"} 1`,
    ]);
  });

  it('starts the series of known watches and channels at zero', async () => {
    const { lines } = aWorld({}, { watches: ['orders'], channels: ['dba'] });
    expect(await lines('polls_total')).toContain(
      'restore_watcher_polls_total{watch="orders",outcome="failed"} 0',
    );
    expect(await lines('deliveries_total')).toContain(
      'restore_watcher_deliveries_total{channel="dba",outcome="given_up"} 0',
    );
    expect(await lines('deliveries_pending')).toEqual([
      'restore_watcher_deliveries_pending{channel="dba"} 0',
    ]);
  });

  it('reports memory, CPU and event loop lag of the process', async () => {
    const { metrics } = aWorld();
    const { text, contentType } = await metrics.render();
    expect(contentType).toContain('text/plain');
    for (const name of [
      'process_resident_memory_bytes',
      'process_cpu_seconds_total',
      'process_start_time_seconds',
      'nodejs_eventloop_lag_seconds',
    ]) {
      expect(Number(text.match(new RegExp(`^${name} (\\S+)$`, 'm'))?.[1])).toBeGreaterThan(0);
    }
  });

  it('lets two apps live in one process, each with its own figures', async () => {
    const [one, other] = [aWorld(), aWorld()];
    one.signals.emit('poll:finished', { ...A_POLL, outcome: 'ok' });
    const ok = 'polls_total{watch="orders",outcome="ok"}';
    expect(await one.lines(ok)).toEqual([`restore_watcher_${ok} 1`]);
    expect(await other.lines(ok)).toEqual([`restore_watcher_${ok} 0`]);
  });

  it('stops listening when closed', async () => {
    const { signals, metrics, lines } = aWorld();
    metrics.close();
    signals.emit('poll:finished', { ...A_POLL, outcome: 'ok' });
    signals.emit('event:recorded', {
      watch: 'orders',
      name: 'failed',
      eventId: 'e',
      hasHappened: true,
      planned: PLANNED,
    });
    expect(await lines('polls_total{watch="orders",outcome="ok"}')).toEqual([
      'restore_watcher_polls_total{watch="orders",outcome="ok"} 0',
    ]);
    expect(await lines('transitions_total{watch="orders",to="failed"}')).toEqual([
      'restore_watcher_transitions_total{watch="orders",to="failed"} 0',
    ]);
  });

  it('drops the series of a watch and a channel that have left the configuration, whatever still ends', async () => {
    const { signals, metrics, lines } = aWorld();
    signals.emit('poll:finished', { ...A_POLL, outcome: 'ok' });
    metrics.apply({ watches: ['carts'], channels: ['siem'] });
    signals.emit('poll:finished', { ...A_POLL, outcome: 'ok' });
    for (const name of ['polls_total', 'transitions_total', 'last_successful_poll_timestamp_seconds']) {
      expect(await lines(`${name}{watch="orders"`)).toEqual([]);
    }
    expect(await lines('polls_total{watch="carts"')).toHaveLength(2);
    expect(await lines('deliveries_total{channel="dba"')).toEqual([]);
    expect(await lines('deliveries_pending')).toEqual([
      'restore_watcher_deliveries_pending{channel="siem"} 0',
    ]);
  });

  it('counts reloads, and says whether the last one succeeded', async () => {
    const { signals, lines } = aWorld();
    expect(await lines('config_last_reload_successful')).toEqual([
      'restore_watcher_config_last_reload_successful 1',
    ]);
    signals.emit('config:reloaded', { outcome: 'failed' });
    expect(await lines('config_last_reload_successful')).toEqual([
      'restore_watcher_config_last_reload_successful 0',
    ]);
    signals.emit('config:reloaded', { outcome: 'ok' });
    expect(
      [await lines('config_last_reload_successful'), await lines('config_reloads_total')].flat(),
    ).toEqual([
      'restore_watcher_config_last_reload_successful 1',
      'restore_watcher_config_reloads_total{outcome="ok"} 1',
      'restore_watcher_config_reloads_total{outcome="failed"} 1',
    ]);
  });
});

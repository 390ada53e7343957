import { afterEach, describe, expect, it, vi } from 'vitest';
import { StoreError } from '../../src/errors.ts';
import { createMetrics } from '../../src/metrics/metrics.ts';
import { createSignals } from '../../src/signals.ts';
import { aJob, aMuteRequest, anEvent, anObservation, HOUR, jobId, MINUTE, T0 } from '../support/builders.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { readingStore, recorded, type StoreContent } from '../support/reading-store.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';
import { AUTH_FAULT, aWatcherStatus, aWatchStatus } from '../support/statuses.ts';

/** Metrics count by name alone. */
const PLANNED = { event: anEvent('failed'), channels: [], suppressed: null };

function aWorld(content: StoreContent = {}, names: { watches?: string[]; channels?: string[] } = {}) {
  const signals = createSignals(createRecordingLogger());
  const store = readingStore(content);
  const clock = createManualClock(T0);
  const metrics = createMetrics({ signals, store, clock, version: '1.2.3' });
  metrics.apply({ watches: ['orders'], channels: ['dba', 'siem'], ...names });
  metrics.readBudgets('atlas', () => []);
  const lines = async (start: string) =>
    (await metrics.render()).text.split('\n').filter((line) => line.startsWith(`restore_watcher_${start}`));
  return { signals, store, clock, metrics, lines };
}

const requests = (connection: string, status: string | undefined, count: number) =>
  `restore_watcher_api_requests_total{connection="${connection}",status="${status}"} ${count}`;

const A_POLL = {
  watch: 'orders',
  hasRead: true,
  durationMs: 300,
  jobs: 3,
  changes: 0,
  running: false,
  error: null,
};

describe('metrics', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('counts polls by watch and outcome, and remembers the last success only', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: T0 });
    const { signals, lines } = aWorld();
    signals.emit('poll:finished', { ...A_POLL, outcome: 'ok' });
    vi.setSystemTime(T0 + 60_000);
    signals.emit('poll:finished', { ...A_POLL, hasRead: false, outcome: 'failed', error: new Error('no') });
    signals.emit('poll:finished', { ...A_POLL, hasRead: false, outcome: 'ok' });

    expect(await lines('polls_total')).toEqual([
      'restore_watcher_polls_total{watch="orders",outcome="ok"} 2',
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

  it('names the parts of a watch that cannot be read, for as long as that lasts and this replica polls it', async () => {
    const { metrics, lines } = aWorld();
    const faultOf = (groupId: string, instanceName: string | null) => ({
      ...AUTH_FAULT,
      place: { groupId, projectName: null, instanceName },
      blindForMs: MINUTE,
    });
    const [project, instance] = [faultOf('a', null), faultOf('b', 'users')];
    let watch = aWatchStatus({
      faults: [{ ...AUTH_FAULT, place: null, blindForMs: MINUTE }, project, instance],
    });
    metrics.readStatus({ status: () => aWatcherStatus({ watches: [watch] }), isReady: () => true });
    const line = (project: string, name: string) =>
      `restore_watcher_place_failing{watch="orders",project="${project}",instance_name="${name}"} 1`;
    expect(await lines('place_failing')).toEqual([line('a', ''), line('b', 'users')]);
    watch = aWatchStatus({ faults: [instance] });
    expect(await lines('place_failing')).toEqual([line('b', 'users')]);
    watch = aWatchStatus({ polledBy: 'watcher-2' });
    expect(await lines('place_failing')).toEqual([]);
  });

  it('says when a watch was last polled with success only where it is polled, and lets it grow old from when it came', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: T0 });
    const { metrics, signals, lines } = aWorld();
    let polledBy: string | null = 'watcher-2';
    const status = () => aWatcherStatus({ watches: [aWatchStatus({ polledBy })] });
    metrics.readStatus({ status, isReady: () => true });
    const shown = () => lines('last_successful_poll_timestamp_seconds');
    const at = (time: number) => [
      `restore_watcher_last_successful_poll_timestamp_seconds{watch="orders"} ${time / 1000}`,
    ];
    expect(await shown()).toEqual([]);
    vi.setSystemTime(T0 + HOUR);
    polledBy = null;
    expect(await shown()).toEqual(at(T0 + HOUR));
    vi.setSystemTime(T0 + 2 * HOUR);
    expect(await shown()).toEqual(at(T0 + HOUR));
    polledBy = 'watcher-2';
    expect(await shown()).toEqual([]);
    polledBy = null;
    signals.emit('poll:finished', { ...A_POLL, outcome: 'ok' });
    vi.setSystemTime(T0 + 3 * HOUR);
    expect(await shown()).toEqual(at(T0 + 2 * HOUR));
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
    metrics.onRequest({ connection: 'atlas', status: 'error' });
    const all = ['200'].concat(['401', '429'], ['error']);
    expect(await lines('api_requests_total')).toEqual(
      [2, 0, 0, 1].map((count, index) => requests('atlas', all[index], count)),
    );
    metrics.onRequest({ connection: 'atlas', status: 503 });
    metrics.readBudgets('ops', () => []);
    metrics.readBudgets('atlas', null);
    metrics.onRequest({ connection: 'atlas', status: 200 });
    expect(await lines('api_requests_total')).toEqual(all.map((status) => requests('ops', status, 0)));
  });

  it('counts transitions by the state they lead to, and other events by name', async () => {
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
    signals.emit('event:recorded', {
      watch: 'orders',
      name: 'stalled',
      eventId: 'told again',
      hasHappened: false,
      planned: PLANNED,
    });
    expect(await lines('events_total{watch="orders"')).toEqual(
      [
        ...[
          'attributed',
          'expiring',
          'stalled',
          'missing',
          'watch_failing',
          'watch_recovered',
          'drill_overdue',
        ],
        ...['drill_failed', 'drill_passed'],
      ].map(
        (event) =>
          `restore_watcher_events_total{watch="orders",event="${event}"} ${event === 'watch_failing' ? 1 : 0}`,
      ),
    );
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
    expect((await lines('jobs')).filter((line) => line.endsWith('1'))).toEqual([
      'restore_watcher_jobs{watch="orders",state="in_progress"} 1',
      'restore_watcher_jobs{watch="orders",state="finished"} 1',
    ]);
    expect(await lines('jobs')).toContain('restore_watcher_jobs{watch="orders",state="failed"} 0');
    expect(await lines('deliveries_pending')).toEqual([
      'restore_watcher_deliveries_pending{channel="dba"} 1',
      'restore_watcher_deliveries_pending{channel="siem"} 0',
    ]);

    store.content.observations = [done];
    expect(await lines('jobs')).toContain('restore_watcher_jobs{watch="orders",state="in_progress"} 0');

    metrics.apply({ watches: ['carts'], channels: [] });
    expect(await lines('jobs{watch="orders"')).toEqual([]);
    expect(await lines('jobs{watch="carts"')).toHaveLength(7);
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
    const halfDone = `restore_watcher_job_expected_end_timestamp_seconds{watch="orders",job_id="${jobId(2)}"} ${T0 / 1000 + 240}`;
    expect(await series()).toEqual([halfDone]);
    store.content.durations.push({ deliveryType: 'automated', durationMs: 12 * MINUTE });
    clock.advance(10 * MINUTE);
    expect(await series()).toContain(
      `restore_watcher_job_expected_end_timestamp_seconds{watch="orders",job_id="${jobId(1)}"} ${T0 / 1000 + 720}`,
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

  it('knows the last success of an earlier process', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: T0 });
    const { metrics, lines } = aWorld({}, { watches: [] });
    const lastSuccesses = new Map([['orders', T0 - HOUR]]);
    metrics.apply({ watches: ['orders', 'carts'], channels: [], lastSuccesses });
    expect(await lines('last_successful_poll_timestamp_seconds')).toEqual([
      `restore_watcher_last_successful_poll_timestamp_seconds{watch="orders"} ${(T0 - HOUR) / 1000}`,
      `restore_watcher_last_successful_poll_timestamp_seconds{watch="carts"} ${T0 / 1000}`,
    ]);
  });

  it('measures how long restores took, from zero on: what finished, and what a download took until its link', async () => {
    const { signals, lines } = aWorld();
    const count = () => lines('restore_duration_seconds_count');
    expect(await count()).toEqual(['restore_watcher_restore_duration_seconds_count{watch="orders"} 0']);
    const tell = (name: 'finished' | 'ready' | 'failed', job: Parameters<typeof aJob>[1]) => {
      const event = anEvent(name, { job: aJob([name], job) });
      const planned = { event, channels: [], suppressed: null };
      signals.emit('event:recorded', { watch: 'orders', name, eventId: name, hasHappened: true, planned });
    };
    const download = { deliveryType: 'download' };
    tell('finished', { createdAt: T0, finishedAt: T0 + 14 * MINUTE });
    tell('ready', download);
    tell('finished', download);
    tell('failed', {});
    expect(await count()).toEqual(['restore_watcher_restore_duration_seconds_count{watch="orders"} 2']);
    expect(await lines('restore_duration_seconds_bucket')).toContain(
      'restore_watcher_restore_duration_seconds_bucket{le="900",watch="orders"} 2',
    );
  });

  it('says when a restore of each instance finished last', async () => {
    const here = { watch: 'orders', groupId: 'p' };
    const { lines } = aWorld({
      lastFinishes: [
        { ...here, instanceName: 'orders', finishedAt: T0 },
        { ...here, watch: 'gone', instanceName: 'carts', finishedAt: T0 },
      ],
    });
    expect(await lines('last_finished_restore_timestamp_seconds')).toEqual([
      `restore_watcher_last_finished_restore_timestamp_seconds{watch="orders",project="p",instance_name="orders"} ${T0 / 1000}`,
    ]);
  });

  it('says how far back the record goes', async () => {
    const name = 'oldest_event_timestamp_seconds';
    const { lines } = aWorld({ events: [recorded(anEvent('failed', { detectedAt: T0 }), [])] });
    expect(await lines(name)).toEqual([`restore_watcher_${name} ${T0 / 1000}`]);
    expect(await aWorld({}).lines(name)).toEqual([]);
  });

  it('says what lasts: stalled jobs, overdue drills, mutes, and for how long a channel has owed something', async () => {
    const { store, clock, lines } = aWorld({
      observations: [anObservation(aJob(), { raised: { stalled: T0 } })],
      alerts: new Map([['drill_overdue/orders', T0]]),
      events: [recorded(anEvent(), [{ channel: 'dba', status: 'pending', createdAt: T0 }])],
    });
    await store.addMute(aMuteRequest());
    clock.advance(MINUTE);
    const all = await lines('');
    for (const line of [
      'stalled_jobs{watch="orders"} 1',
      'drill_overdue{watch="orders"} 1',
      'mutes_in_force 1',
      'oldest_pending_delivery_age_seconds{channel="dba"} 60',
      'oldest_pending_delivery_age_seconds{channel="siem"} 0',
    ])
      expect(all).toContain(`restore_watcher_${line}`);
  });

  it('says how the watcher is doing', async () => {
    const { metrics, lines } = aWorld();
    let isReady = false;
    const blind = aWatchStatus({ sinceSuccessMs: HOUR });
    const failing = { channel: 'dba', waitsForMs: null, sentBy: null, failing: { since: T0, detail: '' } };
    let status = aWatcherStatus({ watches: [blind], channels: [failing] });
    metrics.readStatus({ status: () => status, isReady: () => isReady });
    const shown = async () => [
      ...(await lines('ready')),
      ...(await lines('watch_')),
      ...(await lines('channel_failing')),
    ];
    const as = (ready: 0 | 1, isBlind: 0 | 1, isFailing: 0 | 1) => [
      `restore_watcher_ready ${ready}`,
      `restore_watcher_watch_blind{watch="orders"} ${isBlind}`,
      'restore_watcher_watch_schedule_seconds{watch="orders"} 60',
      'restore_watcher_watch_period_seconds{watch="orders"} 60',
      'restore_watcher_watch_throttled{watch="orders",by="ceiling"} 0',
      'restore_watcher_watch_throttled{watch="orders",by="bucket"} 0',
      'restore_watcher_watch_throttled{watch="orders",by="silence"} 0',
      'restore_watcher_watch_due_seconds{watch="orders"} 120',
      `restore_watcher_channel_failing{channel="dba"} ${isFailing}`,
    ];
    expect(await shown()).toEqual(as(0, 1, 1));
    isReady = true;
    status = aWatcherStatus({ channels: [{ ...failing, failing: null }] });
    expect(await shown()).toEqual(as(1, 0, 0));
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

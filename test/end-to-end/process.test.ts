import { describe, expect, it, onTestFinished } from 'vitest';
import { finish } from '../../src/simulator/atlas/scenario.ts';
import { startDaemon } from '../support/daemon.ts';
import { fetchOnce } from '../support/fetch-once.ts';
import { freePort } from '../support/free-port.ts';
import {
  ALL_CHANNELS,
  awaken,
  command,
  factsOf,
  GROUP,
  getJson,
  INSTANCE,
  settle,
  startWorld,
  untilPolled,
} from './support.ts';

describe('the daemon', () => {
  it('is alone on its store: a second one is refused by name and harms nothing', async () => {
    const world = await startWorld();
    const home = await settle(world.config());
    const first = await awaken(home);
    await untilPolled(first, 1);

    const second = startDaemon(home);
    onTestFinished(() => void second.child.kill('SIGKILL'));
    expect(await second.exited).toEqual({ code: 1, signal: null });
    expect(second.output()).toContain(`${home.dbFile} is in use by another daemon, process ${first.pid} on `);
    expect(second.output()).toContain('hint: One store serves one daemon.');
    expect(second.output()).not.toContain('    at ');
    expect((await command(home, ['once'])).code).toBe(1);

    world.startJob();
    await world.untilArrived(1);
    const verdict = await command(home, ['audit', 'verify', '--json']);
    expect(JSON.parse(verdict.stdout)).toMatchObject({ problems: [] });
  });

  it('answers its healthcheck while it lives, and only then', async () => {
    const world = await startWorld();
    const port = await freePort();
    const home = await settle(world.config({ server: { host: '127.0.0.1', port, token: 'a token' } }));
    expect(await command(home, ['healthcheck'])).toMatchObject({ code: 1, stdout: '' });
    const daemon = await awaken(home);
    expect(await command(home, ['healthcheck'])).toEqual({ code: 0, stdout: 'alive\n', stderr: '' });
    await daemon.kill('SIGTERM');
    expect(await command(home, ['healthcheck'])).toMatchObject({ code: 1 });
  });

  it('demands its token for all but the bare health', async () => {
    const world = await startWorld();
    const daemon = await awaken(
      await settle(world.config({ server: { host: '127.0.0.1', port: 0, token: 'sesame' } })),
    );
    const ask = async (path: string, token?: string): Promise<number> => {
      const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
      return (await fetchOnce(daemon.base + path, { headers })).status;
    };
    const guarded = ['jobs', 'transitions', 'deliveries', 'watches'].map((name) => `/api/v1/${name}`);
    for (const path of ['/metrics', ...guarded]) {
      expect([await ask(path), await ask(path, 'simsim'), await ask(path, 'sesame')], path).toEqual([
        401, 401, 200,
      ]);
    }
    expect(await ask('/healthz')).toBe(200);
    expect(await getJson(`${daemon.base}/readyz`)).toMatchObject({ body: { status: expect.any(String) } });
    expect((await getJson(`${daemon.base}/readyz`)).body).not.toHaveProperty('reasons');
  });

  it('counts what it does under the names that dashboards rely on', async () => {
    const world = await startWorld();
    const daemon = await awaken(await settle(world.config()));
    await untilPolled(daemon, 1);
    const id = world.startJob();
    await world.untilArrived(1);
    world.atlas.updateJob(GROUP, INSTANCE, id, finish(Date.now()));
    await world.untilArrived(2);
    await untilPolled(daemon, 1);

    const metrics = await (await fetchOnce(`${daemon.base}/metrics`)).text();
    for (const series of [
      'polls_total{watch="orders",outcome="ok"}',
      'polls_total{watch="orders",outcome="failed"} 0',
      'poll_duration_seconds_count',
      'last_successful_poll_timestamp_seconds{watch="orders"}',
      'api_requests_total{connection="atlas",status="200"}',
      'api_requests_total{connection="atlas",status="401"} 1',
      'jobs{watch="orders",state="finished"} 1',
      'transitions_total{watch="orders",to="in_progress"} 1',
      'transitions_total{watch="orders",to="finished"} 1',
      ...ALL_CHANNELS.flatMap((channel) => [
        `deliveries_total{channel="${channel}",outcome="delivered"} 2`,
        `deliveries_total{channel="${channel}",outcome="given_up"} 0`,
        `deliveries_pending{channel="${channel}"} 0`,
      ]),
      'delivery_latency_seconds_count 6',
      'build_info{version="',
    ]) {
      expect(metrics).toContain(`\nrestore_watcher_${series}`);
    }
  });
});

describe('once', () => {
  it('takes the baseline, tells what has changed at the next run, and says by its exit code that nothing is left', async () => {
    const world = await startWorld();
    const home = await settle(world.config());
    const running = world.startJob();
    const baseline = await command(home, ['once', '--json']);
    expect(baseline.code, baseline.stderr).toBe(0);
    expect(JSON.parse(baseline.stdout)).toMatchObject({
      isComplete: true,
      watches: [{ jobs: 1, events: [], fault: null }],
    });

    world.atlas.updateJob(GROUP, INSTANCE, running, finish(Date.now()));
    expect(await command(home, ['once'])).toMatchObject({ code: 0 });
    await world.untilArrived(1, ALL_CHANNELS, 1_000);
    expect(factsOf(world.told())).toEqual([`${running} finished`]);
    expect(await command(home, ['once'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Nothing has changed.'),
    });
    expect(world.told()).toHaveLength(1);
  });

  it('only looks with --no-store, beside a daemon too: records nothing and tells nobody', async () => {
    const world = await startWorld();
    const running = world.startJob();
    const home = await settle(world.config({ watches: [world.watch({ restoreJobIds: [running] })] }));
    const daemon = await awaken(home);
    await world.untilArrived(1);
    const { code, stdout } = await command(home, ['once', '--no-store', '--json']);
    expect([code, JSON.parse(stdout)]).toMatchObject([
      0,
      { watches: [{ jobs: 1, states: { in_progress: 1 }, fault: null }], channels: [] },
    ]);
    await untilPolled(daemon, 1);
    expect(world.told()).toHaveLength(1);
  });

  it('fails when Atlas cannot be read or a channel refuses, and keeps what is owed', async () => {
    const world = await startWorld();
    const home = await settle(
      world.config({ connections: [world.connection({ retries: 0, requestTimeout: '1s' })] }),
    );
    await command(home, ['once']);
    const id = world.startJob();
    world.atlas.setFault({ kind: 'status', status: 503 });
    expect(await command(home, ['once'])).toMatchObject({ code: 1, stdout: expect.stringContaining('503') });

    world.atlas.setFault(null);
    world.slack.answer(500);
    expect(await command(home, ['once'])).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('1 still owed'),
    });
    expect(factsOf(world.told())).toEqual([`${id} started`]);
    expect(world.arrived('email')).toHaveLength(1);
    expect(
      JSON.parse((await command(home, ['deliveries', '--status', 'pending', '--json'])).stdout),
    ).toMatchObject({
      items: [{ channel: 'slack', jobId: id, attemptsFinished: 1 }],
    });
  });
});

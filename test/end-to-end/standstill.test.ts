import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { runCommand } from '../support/daemon.ts';
import { startHttpSink } from '../support/http-sink.ts';
import { awaken, getJson, settle, startWorld, until, untilPolled } from './support.ts';

const SWIFT_DAEMON = join(import.meta.dirname, 'swift-daemon.ts');
/** Longer than the loop of that daemon may show no sign of life. */
const STANDSTILL_MS = 9_000;

it('answers nothing while it stands still, is red when it comes back, and recovers with no heartbeat before that', async () => {
  const beats = await startHttpSink();
  onTestFinished(() => beats.close());
  const world = await startWorld();
  const config = world.config({ heartbeat: { url: `${beats.origin}/beat`, every: '1s' } });
  const home = await settle(config);
  const daemon = await awaken(home, {}, SWIFT_DAEMON);
  await untilPolled(daemon, 2);
  await beats.received(1);

  process.kill(daemon.pid, 'SIGSTOP');
  const stoppedAt = Date.now();
  const stoodStillUntil = performance.now() + STANDSTILL_MS;
  const sameServer = join(home.dir, 'same-server.json');
  const { port } = new URL(daemon.base);
  await writeFile(sameServer, JSON.stringify({ ...config, server: { port: Number(port) } }));
  const health = await runCommand(['healthcheck', '--config', sameServer]);
  expect(health).toMatchObject({ code: 1, stderr: expect.stringContaining('silent for 3 s') });
  await delay(Math.max(0, stoodStillUntil - performance.now()));
  const id = world.startJob();
  const sent = beats.requests.length;
  // Asked while it stands still, answered by the first thing it does.
  const asked = await Promise.all([askAhead(`${daemon.base}/healthz`), askAhead(`${daemon.base}/readyz`)]);
  const continuedAt = Date.now();
  process.kill(daemon.pid, 'SIGCONT');

  expect(await Promise.all(asked.map(({ answer }) => answer))).toMatchObject([
    { status: 503, body: { status: 'hanging' } },
    {
      status: 503,
      body: { reasons: expect.arrayContaining([expect.stringContaining('has done nothing for')]) },
    },
  ]);
  expect(beats.requests).toHaveLength(sent);
  await until(async () => (await getJson(`${daemon.base}/healthz`)).status === 200, '/healthz 200');
  await until(async () => (await getJson(`${daemon.base}/readyz`)).status === 200, '/readyz 200');
  await beats.received(sent + 1);
  await world.untilArrived(1, ['webhook']);
  expect(world.told().map(({ subject, data }) => [subject, data.event])).toEqual([[id, 'started']]);
  const said = daemon.lines().map(({ message }) => message);
  expect(said.filter((message) => message === 'The process stood still')).toHaveLength(1);

  await daemon.kill('SIGTERM');
  const coverage = await runCommand(['audit', 'coverage', '--json', '--config', home.configFile]);
  const { items } = JSON.parse(coverage.stdout) as {
    items: Array<{ gaps: Array<{ from: string; to: string; cause: string }> }>;
  };
  const [gap] = items.flatMap(({ gaps }) => gaps.filter(({ cause }) => cause === 'asleep'));
  expect(Date.parse(gap?.from ?? '')).toBeLessThanOrEqual(stoppedAt);
  expect(Date.parse(gap?.to ?? '')).toBeGreaterThanOrEqual(continuedAt);
});

/** Resolves when the question lies with the server, which need not do anything for that. */
async function askAhead(url: string): Promise<{ answer: Promise<{ status: number; body: unknown }> }> {
  const request = get(url, { agent: false });
  const answer = once(request, 'response').then(async ([response]) => ({
    status: response.statusCode,
    body: await json(response),
  }));
  answer.catch(() => {});
  const [socket] = await once(request, 'socket');
  if (socket.connecting) await once(socket, 'connect');
  if (!request.writableFinished) await once(request, 'finish');
  return { answer };
}

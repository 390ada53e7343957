import { type ChildProcess, spawn } from 'node:child_process';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  cancel,
  expire,
  fail,
  finish,
  type JobStep,
  newJobId,
  ready,
} from '../../src/simulator/atlas/scenario.ts';
import { childEnvironment } from '../support/child-environment.ts';
import type { Home } from '../support/daemon.ts';
import { MAIN } from '../support/program.ts';
import {
  awaken,
  command,
  GROUP,
  INSTANCE,
  settle,
  startWorld,
  until,
  untilPolled,
  type World,
} from './support.ts';

interface Line extends Record<string, unknown> {
  kind: string;
  id?: string;
  end?: string | null;
}

/** `wait … --json`, in a pipeline of a shell that gives the exit code of `wait`. */
interface Pipeline {
  child: ChildProcess;
  lines: Line[];
  stderr: () => string;
  code: Promise<number | null>;
  saw: (kind: string) => Promise<void>;
}

function pipe(home: Home, args: readonly string[], reader = 'cat'): Pipeline {
  const wait = ['wait', INSTANCE, '--every', '100ms', '--json', '--config', home.configFile, ...args];
  // The shell itself outlives an interrupt, so as to tell the code.
  const script = `trap : INT; set -o pipefail; "$0" "$@" | ${reader}`;
  const child = spawn('bash', ['-c', script, process.execPath, MAIN, ...wait], {
    cwd: home.dir,
    env: childEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, as a shell with job control makes it.
    detached: true,
  });
  onTestFinished(() => {
    if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  });
  const lines: Line[] = [];
  let rest = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts.map((line) => JSON.parse(line) as Line));
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const code = new Promise<number | null>((done) => child.once('close', done));
  return {
    child,
    lines,
    stderr: () => stderr,
    code,
    saw: (kind) => until(() => lines.some((line) => line.kind === kind), `a line of ${kind}`),
  };
}

function connectionOf(world: World): Record<string, unknown> {
  return world.connection({ retries: 0, requestTimeout: '2s' });
}

async function scene(): Promise<{ world: World; home: Home }> {
  const world = await startWorld();
  const home = await settle(world.config({ connections: [connectionOf(world)] }));
  return { world, home };
}

describe('wait in a pipeline', () => {
  const ENDS: ReadonlyArray<
    [string, number, 'automated' | 'download', ReadonlyArray<(at: number) => JobStep>]
  > = [
    ['finished', 0, 'automated', [(at) => finish(at)]],
    ['ready', 0, 'download', [(at) => ready(at + 3_600_000)]],
    ['failed', 3, 'automated', [(at) => fail(at)]],
    ['cancelled', 4, 'automated', [(at) => cancel(at)]],
    ['expired', 5, 'download', [(at) => expire(at)]],
  ];
  it.each(ENDS)(
    'ends when the job is %s with %i, whatever the network did meanwhile',
    async (end, expected, deliveryType, steps) => {
      const { world, home } = await scene();
      const id = world.startJob({ deliveryType });
      const { lines, code, saw } = pipe(home, []);
      await saw('job');
      world.atlas.setFault({ kind: 'reset' });
      await saw('fault');
      for (const step of steps) world.atlas.updateJob(GROUP, INSTANCE, id, step(Date.now()));
      world.atlas.setFault(null);
      expect(await code).toBe(expected);
      expect(lines.map(({ kind }) => kind)).toEqual([
        'waiting',
        'job',
        'fault',
        ...['job', 'recovered'],
        'summary',
      ]);
      expect(lines[3]).toMatchObject({ id, from: 'in_progress', end });
      expect(lines.at(-1)).toMatchObject({ exitCode: expected, jobs: [{ id, end }] });
    },
  );

  it('ends with 6 when the time is up, also while Atlas is away', async () => {
    const { world, home } = await scene();
    const id = world.startJob();
    const { lines, code, saw } = pipe(home, ['--timeout', '3s']);
    await saw('job');
    world.atlas.setFault({ kind: 'status', status: 503 });
    expect(await code).toBe(6);
    expect(lines.filter(({ kind }) => kind === 'fault')).toHaveLength(1);
    expect(lines.at(-1)).toMatchObject({ kind: 'summary', verdict: 'timed_out', jobs: [{ id, end: null }] });
  });

  it('ends with the worst of several, once all have ended', async () => {
    const { world, home } = await scene();
    const ids = [world.startJob(), world.startJob(), world.startJob()];
    const { lines, code, saw } = pipe(home, []);
    await saw('waiting');
    for (const [index, step] of [fail(Date.now()), cancel(Date.now()), finish(Date.now())].entries()) {
      world.atlas.updateJob(GROUP, INSTANCE, ids[index] ?? '', step);
      await until(() => lines.filter(({ end }) => end).length === index + 1, `the end of job ${index}`);
    }
    expect(await code).toBe(3);
  });

  it('ends at once with 1 and the hint when the key is wrong, from the start or from then on', async () => {
    const { world, home } = await scene();
    world.startJob();
    const wrong = world.connection({ auth: { type: 'digest', publicKey: 'public', privateKey: 'wrong' } });
    const wrongHome = await settle(world.config({ connections: [wrong] }));
    const first = pipe(wrongHome, []);
    expect(await first.code).toBe(1);
    expect(first.lines).toMatchObject([{ error: { code: 'source_auth' } }]);
    expect(first.stderr()).toContain('hint: ');

    const later = pipe(home, []);
    await later.saw('job');
    world.atlas.setFault({ kind: 'status', status: 403, errorCode: 'IP_ADDRESS_NOT_ON_ACCESS_LIST' });
    expect(await later.code).toBe(1);
    expect(later.lines.at(-1)).toMatchObject({ error: { code: 'source_refused' } });
  });

  it('ends with 1 when there is no such job', async () => {
    const { home } = await scene();
    const { code, lines } = pipe(home, [newJobId(Date.now())]);
    expect(await code).toBe(1);
    expect(lines.at(-1)).toMatchObject({ verdict: 'missing', exitCode: 1 });
  });

  it('ends with 0 and a clear sentence when nothing is running', async () => {
    const { home } = await scene();
    const { code, stdout } = await command(home, ['wait', INSTANCE]);
    expect({ code, last: stdout.trim().split('\n').at(-1) }).toEqual({
      code: 0,
      last: `No restore of watch ${INSTANCE} is running: there is nothing to wait for.`,
    });
  });

  it('does not end with 0 when its reader goes away', async () => {
    const { world, home } = await scene();
    const id = world.startJob();
    const { lines, code, stderr } = pipe(home, [], '(head -n 1; exec <&-; echo gone >&2)');
    await until(() => stderr().includes('gone'), 'the end of the reader');
    // One more line to notice that nobody reads, and another to end by it. Not a reset: on a connection that was in use that is tried again.
    world.atlas.setFault({ kind: 'status', status: 503 }, { times: 1 });
    world.atlas.updateJob(GROUP, INSTANCE, id, finish(Date.now()));
    expect(await code).toBe(1);
    expect(lines).toHaveLength(1);
  });

  it('ends with 130 and its summary at SIGINT', async () => {
    const { world, home } = await scene();
    const id = world.startJob();
    const { child, lines, code, saw } = pipe(home, [], "(trap '' INT; cat)");
    await saw('job');
    process.kill(-(child.pid ?? 0), 'SIGINT');
    expect(await code).toBe(130);
    expect(lines.at(-1)).toMatchObject({ verdict: 'interrupted', exitCode: 130, jobs: [{ id }] });
  });
});

describe('wait beside the daemon', () => {
  it('says the same as the daemon, foretells from its history, and keeps its hands off the store', async () => {
    const { world, home } = await scene();
    const past = world.startJob({ createdAt: Date.now() - 600_000 });
    world.atlas.updateJob(GROUP, INSTANCE, past, finish(Date.now() - 360_000));
    const daemon = await awaken(home);
    await untilPolled(daemon, 1);
    const id = world.startJob();
    await world.untilArrived(1, ['webhook']);
    const { lines, code, saw } = pipe(home, []);
    const blind = pipe(home, ['--no-store']);
    await saw('job');
    await blind.saw('job');
    world.atlas.updateJob(GROUP, INSTANCE, id, finish(Date.now()));
    expect([await code, await blind.code]).toEqual([0, 0]);
    expect(lines[1]).toMatchObject({ expectedEndBasis: 'history', usualMs: 240_000 });
    expect(blind.lines[1]).toMatchObject({ expectedEnd: null });
    await world.untilArrived(2, ['webhook']);
    await untilPolled(daemon, 2);
    expect(world.told().map(({ data }) => data.event)).toEqual(['started', 'finished']);
  });
});

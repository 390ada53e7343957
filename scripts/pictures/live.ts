import { collectionJob, fail, finish, newJobId, progress } from '../../src/simulator/atlas/scenario.ts';
import { runCommand } from '../../test/support/daemon.ts';
import { type LiveWorld, PROJECTS, startLiveWorld, untilStatus } from './live-world.ts';
import { drawingsOf, runInTerminal, until } from './pty.ts';

/** What a command of the program has printed into a terminal, beside a daemon that runs. */
export interface LiveScene {
  /** Of its files, with the columns. */
  name: string;
  /** As a person types it. */
  command: string;
  columns: number;
  /** With its colours. */
  text: string;
}

const WIDTHS = [80, 120] as const;
const MINUTE = 60_000;

/** Starts a daemon against the simulated Atlas, lets things happen, and runs the commands that are pictured. It takes half a minute. */
export async function liveScenes(): Promise<LiveScene[]> {
  const world = await startLiveWorld();
  try {
    await untilStatus(world, 'the watches', ({ watches }) =>
      watches.every(({ watch, sight, throttled, lastSuccessAt }) =>
        watch === 'carts'
          ? sight === 'blind'
          : lastSuccessAt !== null && (watch === 'orders' || throttled !== null),
      ),
    );
    const failed = await failOne(world);
    const waits = await waitScenes(world);
    const statuses = await shown(world, 'status', ['status']);
    const short = `${failed.slice(0, 4)}…${failed.slice(-4)}`;
    return [...statuses, ...(await shown(world, 'why', ['history', short, '--why'])), ...waits];
  } finally {
    await world.close();
  }
}

/** The start of a restore while that is muted, and its failure. */
async function failOne(world: LiveWorld): Promise<string> {
  const { atlas, home } = world;
  const mute = ['mute', 'add', '--watch', 'orders', '--event', 'started', '--for', '2h', '--author', 'ann'];
  await runCommand([...mute, '--reason', 'moving orders to the new region', '--config', home.configFile], {
    cwd: home.dir,
  });
  const id = start(world, Date.now() - 14 * MINUTE, 'orders-copy');
  await untilStatus(world, 'the restore', ({ watches }) => watches.some(({ running }) => running > 0));
  atlas.updateJob(PROJECTS.orders, 'orders', id, fail(Date.now(), {}));
  await untilStatus(world, 'word of its failure', ({ channels }) => {
    const of = (name: string) => channels.find(({ channel }) => channel === name);
    return (
      of('oncall')?.lastAcceptedAt !== null && of('siem')?.state === 'failing' && (of('dba')?.held ?? 0) > 0
    );
  });
  return id;
}

/** Three restores, of which one ends while they are waited for. All terminals are open at once. */
async function waitScenes(world: LiveWorld): Promise<LiveScene[]> {
  const { atlas, home } = world;
  const ids = [
    start(world, Date.now() - 3 * MINUTE, 'orders-copy', 200_000),
    start(world, Date.now() - 100_000, 'orders-staging', 430_000),
    start(world, Date.now() - 9 * MINUTE, 'orders-drill', 700_000),
  ];
  await untilStatus(world, 'three restores', ({ watches }) =>
    watches.some(({ running }) => running === ids.length),
  );
  const args = ['wait', 'orders', '--config', home.configFile];
  const terminals = WIDTHS.map((columns) => ({
    columns,
    run: runInTerminal(args, { columns, dir: home.dir }),
  }));
  const last = (output: string) =>
    drawingsOf(output).findLast((drawing) => drawing.includes('Waiting for 3 jobs')) ?? '';
  const all = (what: string, fits: (drawing: string) => boolean) =>
    until(() => terminals.every(({ run }) => fits(last(run.output()))), what);
  await all('three jobs in each terminal', (drawing) => drawing.includes('43'));
  const [first = '', ...others] = ids;
  atlas.updateJob(PROJECTS.orders, 'orders', first, finish(Date.now()));
  await all('the end of the first in each terminal', (drawing) => drawing.includes('finished'));
  const scenes = terminals.map(({ columns, run }) => ({
    name: 'wait',
    command: 'restore-watcher wait orders',
    columns,
    text: last(run.output()),
  }));
  for (const id of others) atlas.updateJob(PROJECTS.orders, 'orders', id, finish(Date.now()));
  await Promise.all(terminals.map(({ run }) => run.ended));
  // Something runs in the other pictures too.
  start(world, Date.now() - 2 * MINUTE, 'orders-copy', 310_000);
  await untilStatus(world, 'one more restore', ({ watches }) => watches.some(({ running }) => running === 1));
  return scenes;
}

function start({ atlas }: LiveWorld, createdAt: number, target: string, done = 0): string {
  const id = newJobId(createdAt);
  const job = collectionJob({ id, createdAt, instance: 'orders', target, totalDocuments: 1_000_000 });
  atlas.putJob(PROJECTS.orders, 'orders', progress(done)(job));
  return id;
}

async function shown({ home }: LiveWorld, name: string, args: readonly string[]): Promise<LiveScene[]> {
  const scenes: LiveScene[] = [];
  for (const columns of WIDTHS) {
    const run = runInTerminal([...args, '--config', home.configFile], { columns, dir: home.dir });
    // The folder of this run says nothing to anybody.
    const text = (await run.ended).replaceAll('\r\n', '\n').replaceAll(`${home.dir}/`, '');
    scenes.push({ name, command: `restore-watcher ${args.join(' ')}`, columns, text });
  }
  return scenes;
}

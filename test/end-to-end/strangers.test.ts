import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { startDaemon } from '../support/daemon.ts';
import { fetchOnce } from '../support/fetch-once.ts';
import { MAIN } from '../support/program.ts';
import { settle, startWorld, untilPolled } from './support.ts';

const DESCRIPTORS = 256;
/** Starts a command under limits of its own; Linux has it. */
const LIMITED = 'prlimit';
const canLimit = (() => {
  try {
    execFileSync(LIMITED, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

it.runIf(canLimit)(
  'polls, tells and answers for its health while strangers hold every connection, and while they flood it',
  async () => {
    const world = await startWorld();
    const home = await settle(world.config());
    const daemon = startDaemon(home, {}, MAIN, [LIMITED, `--nofile=${DESCRIPTORS}:${DESCRIPTORS}`]);
    onTestFinished(() => void daemon.child.kill('SIGKILL'));
    const base = await daemon.url;
    const port = Number(new URL(base).port);
    await untilPolled({ base }, 1);

    const strangers: Socket[] = [];
    onTestFinished(() => strangers.forEach((socket) => void socket.destroy()));
    const comeIn = async (bytes = ''): Promise<void> => {
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      strangers.push(socket);
      await once(socket, 'connect');
      socket.resume().write(bytes);
    };
    await Promise.all(Array.from({ length: 400 }, () => comeIn()));
    world.startJob();
    await world.untilArrived(1);
    expect((await fetchOnce(`${base}/healthz`)).status).toBe(200);

    const ask = 'GET /api/v1/transitions?limit=500 HTTP/1.1\r\nHost: localhost\r\n\r\n';
    await Promise.all(Array.from({ length: 100 }, () => comeIn(ask.repeat(5_000))));
    // Half a million requests, answered before this one, would take minutes.
    expect((await fetchOnce(`${base}/healthz`, { signal: AbortSignal.timeout(20_000) })).status).toBe(200);
    await untilPolled({ base }, 1);
    world.startJob();
    await world.untilArrived(2);
    expect(daemon.lines().filter(({ level }) => level === 'error')).toEqual([]);
  },
);

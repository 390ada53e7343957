import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { childEnvironment } from '../support/child-environment.ts';
import { startDaemon } from '../support/daemon.ts';
import { MAIN } from '../support/program.ts';
import { settle, startWorld, until } from './support.ts';

/** POSIX has it everywhere. */
const MAKE_PIPE = 'mkfifo';

/** True once the process has a listener for SIGHUP: the lowest bit of the signals that it catches. */
function hearsHangUp(pid: number): boolean {
  const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return (BigInt(`0x${caught ?? 0}`) & 1n) === 1n;
}

it.runIf(process.platform === 'linux')(
  'outlives a SIGHUP in its first moments, and reads its configuration again once it runs',
  async () => {
    const world = await startWorld();
    const daemon = startDaemon(await settle(world.config()));
    onTestFinished(() => void daemon.child.kill('SIGKILL'));
    await until(() => hearsHangUp(daemon.pid), 'a listener for SIGHUP');
    expect(daemon.lines()).toEqual([]);
    daemon.child.kill('SIGHUP');
    await daemon.waitForLine(({ message }) =>
      message.startsWith('The configuration was read again (SIGHUP)'),
    );
    expect(await daemon.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  },
);

it.runIf(process.platform === 'linux')(
  'works and ends in order although nobody reads its standard output',
  async () => {
    const world = await startWorld();
    const home = await settle(world.config({ watches: [world.watch({ announceExisting: true })] }));
    const pipe = join(home.dir, 'log.pipe');
    execFileSync(MAKE_PIPE, [pipe]);
    const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
    const fill = (bytes: number): void => {
      try {
        for (;;) writeSync(writer, Buffer.alloc(bytes, '\n'));
      } catch {
        // It is full.
      }
    };
    for (const bytes of [4_096, 1]) fill(bytes);

    const child = spawn(process.execPath, [MAIN, 'run', '--config', home.configFile], {
      cwd: home.dir,
      env: childEnvironment({}),
      stdio: ['ignore', writer, 'ignore'],
    });
    const ended = once(child, 'exit');
    onTestFinished(() => {
      child.kill('SIGKILL');
      for (const end of [reader, writer]) closeSync(end);
    });
    world.startJob();
    await world.untilArrived(1);
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  },
);

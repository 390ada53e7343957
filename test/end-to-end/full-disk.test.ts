import { execFileSync } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { finish } from '../../src/simulator/atlas/scenario.ts';
import { takeWriteLock } from '../crash/write-lock.ts';
import { startHttpSink } from '../support/http-sink.ts';
import {
  awaken,
  GROUP,
  getJson,
  INSTANCE,
  pollsOf,
  settle,
  startWorld,
  until,
  untilPolled,
} from './support.ts';

/** A way to take from a daemon the means to write its store. */
interface Mishap {
  /** What the daemon says about it. */
  says: RegExp;
  /** Before the daemon starts. @throws where this machine cannot do it. */
  prepare(dbFile: string): void;
  /** Returns what ends it. */
  strike(pid: number, dbFile: string): () => void | Promise<void>;
}

/** A disk of eight megabytes, several times what a new store and its log take; takes the right to mount one. */
const fullDisk: Mishap = {
  says: /the disk is full\. Make room/,
  prepare: (dbFile) => {
    const disk = dirname(dbFile);
    run('mount', '-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk);
    onTestFinished(() => run('umount', '--lazy', disk));
  },
  strike: (_, dbFile) => {
    const filler = join(dirname(dbFile), 'filler');
    expect(() => writeFileSync(filler, Buffer.alloc(16_000_000))).toThrow('ENOSPC');
    return () => rm(filler);
  },
};

/** No file of the process may grow beyond what its log has now. Only Linux lets another process decide that. */
const usedUpLimit: Mishap = {
  says: /the disk does not take it \(disk I\/O error\)\. Is a quota/,
  prepare: () => run('prlimit', '--version'),
  strike: (pid, dbFile) => {
    const limit = (bytes: string): void => run('prlimit', '--pid', String(pid), `--fsize=${bytes}:`);
    limit(String(statSync(`${dbFile}-wal`).size));
    return () => limit('unlimited');
  },
};

/** Another process holds the lock; works everywhere. */
const foreignLock: Mishap = {
  says: /another process is writing/,
  prepare: () => {},
  strike: (_, dbFile) => takeWriteLock(dbFile),
};

function run(program: string, ...args: string[]): void {
  execFileSync(program, args, { stdio: 'pipe' });
}

it.for([
  ['its disk is full', fullDisk],
  ['its files may not grow', usedUpLimit],
  ['another process holds its store locked', foreignLock],
] as const)(
  'is red and sends no heartbeat while %s, and tells afterwards what it found meanwhile',
  async ([, mishap], { skip }) => {
    const dir = await mkdtemp(join(tmpdir(), 'restore-watcher-disk-'));
    onTestFinished(() => rm(dir, { recursive: true, force: true }));
    const dbFile = join(dir, 'watcher.db');
    try {
      mishap.prepare(dbFile);
    } catch (error) {
      skip(`this machine cannot do it: ${String(error)}`);
    }
    const beats = await startHttpSink();
    onTestFinished(() => beats.close());
    const world = await startWorld();
    const heartbeat = { url: `${beats.origin}/beat`, every: '1s' };
    const daemon = await awaken(
      await settle(world.config({ heartbeat, store: { url: `sqlite:${dbFile}` } })),
    );
    const readiness = () => getJson(`${daemon.base}/readyz`);
    await untilPolled(daemon, 1);
    await beats.received(1);

    const mend = mishap.strike(daemon.pid, dbFile);
    const id = world.startJob();
    await until(async () => (await readiness()).status === 503, '/readyz 503', 30_000);
    const reasons = [expect.stringMatching(mishap.says)];
    expect(await readiness()).toMatchObject({ body: { reasons: expect.arrayContaining(reasons) } });
    await daemon.waitForLine(({ message }) => message.startsWith('No heartbeat is sent'), 30_000);
    const sent = beats.requests.length;
    world.atlas.updateJob(GROUP, INSTANCE, id, finish(Date.now()));
    await untilFailed(daemon);
    expect((await readiness()).status).toBe(503);
    expect((await getJson(`${daemon.base}/healthz`)).status).toBe(200);
    expect(world.told()).toEqual([]);
    expect(beats.requests).toHaveLength(sent);

    await mend();
    await until(async () => (await readiness()).status === 200, '/readyz 200', 30_000);
    await world.untilArrived(2, ['webhook']);
    expect(world.told().map(({ subject, data }) => [subject, data.event])).toEqual([
      [id, 'started'],
      [id, 'finished'],
    ]);
    await beats.received(sent + 1);
    const said = daemon.lines().filter(({ message }) => /^The store (fails|can be)/.test(message));
    expect(said.map(({ level }) => level)).toEqual(['error', 'info']);
    expect(await daemon.kill('SIGTERM')).toMatchObject({ code: 0 });
  },
);

async function untilFailed({ base }: { base: string }): Promise<void> {
  const failures = async () => (await pollsOf(base, 'failed')).get(INSTANCE) ?? 0;
  const before = await failures();
  await until(async () => (await failures()) > before, 'one more failed poll');
}

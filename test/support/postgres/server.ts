import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, readdirSync } from 'node:fs';
import { appendFile, chmod, chown, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../free-port.ts';

/** A PostgreSQL of its own, in a folder of its own. */
export interface PostgresServer {
  port: number;
  /** `postgres://…` of its one database, with a user who may do everything. */
  url: string;
  dir: string;
  /** How it ends: `fast` says so to everybody, `immediate` as a crash does, `kill` without a word. */
  stop(how?: 'fast' | 'immediate' | 'kill'): Promise<void>;
  start(): Promise<void>;
  /** Changes lines of postgresql.conf, at once. */
  configure(settings: Readonly<Record<string, string>>): Promise<void>;
  /** Takes a base backup while it runs, as a standby begins with. @returns what has that take its place: commits made since are lost. */
  backUp(): Promise<() => Promise<void>>;
  /** Stops it, and removes everything. */
  remove(): Promise<void>;
}

/** Where Debian and others keep the programs of PostgreSQL, the newest first; `null`: there is none. */
export function postgresPrograms(): string | null {
  const places = [...versionsIn('/usr/lib/postgresql'), ...(process.env.PATH ?? '').split(':')];
  return (
    places.find((place) => isProgram(join(place, 'initdb')) && isProgram(join(place, 'postgres'))) ?? null
  );
}

function versionsIn(folder: string): string[] {
  try {
    const versions = readdirSync(folder).toSorted((a, b) => Number(b) - Number(a));
    return versions.map((version) => join(folder, version, 'bin'));
  } catch {
    return [];
  }
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
/** PostgreSQL refuses to run as root; and it is to end with the tests, however they end. */
const AS_NOBODY = ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups', '--pdeathsig=QUIT'];

const SIGNALS = { fast: 'SIGINT', immediate: 'SIGQUIT', kill: 'SIGKILL' } as const;

/** Makes a database, and starts the server. `settings` are lines of postgresql.conf. */
export async function startPostgres(
  settings: Readonly<Record<string, string>> = {},
): Promise<PostgresServer> {
  const programs = postgresPrograms();
  if (programs === null) throw new Error('there is no PostgreSQL on this machine');
  const dir = await mkdtemp(join(tmpdir(), 'restore-watcher-postgres-'));
  await chmod(dir, 0o755);
  if (isRoot) await chown(dir, NOBODY, NOBODY);
  const data = join(dir, 'data');
  const prefix = isRoot ? AS_NOBODY : [];
  const [command = '', ...args] = [
    ...prefix,
    join(programs, 'initdb'),
    ...['-D', data, '-A', 'trust', '-U', 'watcher', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'],
  ];
  await promisify(execFile)(command, args, { cwd: dir });
  const port = await freePort();
  const lines = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: dir,
    max_connections: '300',
    shared_buffers: '32MB',
    // What is lost without it is lost with the machine, not with the server.
    fsync: 'off',
    ...settings,
  };
  const write = (settings: Readonly<Record<string, string>>): Promise<void> =>
    appendFile(
      join(data, 'postgresql.conf'),
      Object.entries(settings).map(([name, value]) => `${name} = '${value}'\n`),
    );
  await write(lines);

  let child: ChildProcess | null = null;
  const start = async (): Promise<void> => {
    const [program = '', ...rest] = [...prefix, join(programs, 'postgres'), '-D', data];
    child = spawn(program, rest, { cwd: dir, stdio: ['ignore', 'ignore', 'pipe'] });
    await readiness(child);
  };
  const stop = async (how: keyof typeof SIGNALS = 'fast'): Promise<void> => {
    const running = child;
    child = null;
    if (running === null || running.exitCode !== null || running.signalCode !== null) return;
    running.kill(SIGNALS[how]);
    await once(running, 'exit');
  };
  await start();
  return {
    port,
    url: `postgres://watcher@127.0.0.1:${port}/postgres`,
    dir,
    start,
    stop,
    configure: async (settings) => {
      await write(settings);
      child?.kill('SIGHUP');
    },
    backUp: async () => {
      const backup = join(dir, 'backup');
      const [command = '', ...args] = [
        ...prefix,
        join(programs, 'pg_basebackup'),
        ...['-D', backup, '-h', '127.0.0.1', '-p', String(port), '-U', 'watcher', '--checkpoint=fast'],
      ];
      await promisify(execFile)(command, args, { cwd: dir });
      return async () => {
        await stop('immediate');
        await rename(data, join(dir, 'lost'));
        await rename(backup, data);
        await start();
      };
    },
    remove: async () => {
      await stop('immediate');
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Resolves once it takes connections; rejects when it ends before. Goes on reading what it says, or it would stand still. */
async function readiness(child: ChildProcess): Promise<void> {
  let said = '';
  await new Promise<void>((done, fail) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      if (said.length < 100_000) said += chunk;
      if (said.includes('ready to accept connections')) done();
    });
    child.once('exit', () => fail(new Error(`PostgreSQL did not start: ${said}`)));
    child.once('error', fail);
  });
}

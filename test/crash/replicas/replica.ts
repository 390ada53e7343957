import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Timestamp } from '../../../src/domain/instant.ts';
import {
  type Daemon,
  type Home,
  type LogLine,
  makeHome,
  runCommand,
  startDaemon,
} from '../../support/daemon.ts';
import { type CuttingProxy, startCuttingProxy } from '../../support/postgres/cutting-proxy.ts';
import type { PostgresServer } from '../../support/postgres/server.ts';

/** A process of a replica. `to` is `null` while it lives. */
export interface Lifetime {
  pid: number;
  from: Timestamp;
  to: Timestamp | null;
}

/** One of the replicas: a folder with its configuration, a way of its own to the database, and a process, mostly. */
export interface Replica {
  readonly name: string;
  readonly home: Home;
  readonly proxy: CuttingProxy;
  readonly environment: Readonly<Record<string, string>>;
  /** Every process so far, in order. */
  readonly lifetimes: readonly Lifetime[];
  /** How often a process ended by itself before it listened, and was started again. */
  readonly failedStarts: number;
  /** Where the process that was started last listens. */
  readonly url: string;
  /** Everything that its processes have said. */
  output(): string;
  /** The one that runs, or ran last. */
  daemon(): Daemon;
  /** Starts a process, and another one when that ends by itself, as a supervisor does. Resolves with its URL once one listens. */
  start(): Promise<string>;
  /** Ends the process, by SIGKILL or SIGTERM. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Has it run the program of the checkout from its next start on. */
  update(): void;
  /** Has its wall clock step to so many milliseconds ahead of the true time. */
  stepTo(aheadMs: number): Promise<void>;
  /** Runs a command that looks into the store, on a connection that nobody disturbs. */
  command(args: readonly string[]): ReturnType<typeof runCommand>;
  close(): Promise<void>;
}

const CLOCK_PRELOAD = join(import.meta.dirname, 'clock-preload.ts');

/** Far beyond what a start takes, on a machine that has other things to do. */
const START_WITHIN_MS = 300_000;

/** A process that ended by itself is started again after so long. */
const RESTART_MS = 1_000;

const isListening = ({ message, url }: LogLine): boolean =>
  message.includes('listening') && typeof url === 'string';

/** Makes a replica that does not run yet. */
export async function createReplica({
  name,
  config,
  postgres,
  older,
}: {
  name: string;
  config: Record<string, unknown>;
  postgres: PostgresServer;
  /** The program that it runs until it is updated; that of the checkout unless given. */
  older?: string | undefined;
}): Promise<Replica> {
  const home = await makeHome(config);
  const proxy = await startCuttingProxy(postgres.port);
  const clockFile = join(home.dir, 'clock');
  await writeFile(clockFile, '0');
  const environment = { REPLICA: name, STORE_PORT: String(proxy.port) };
  const lifetimes: Lifetime[] = [];
  const earlier: string[] = [];
  let program = older;
  let daemon: Daemon | null = null;
  let failedStarts = 0;
  let url = '';

  const running = (): Daemon => {
    if (daemon === null) throw new Error(`${name} was never started`);
    return daemon;
  };
  const startOnce = (): Daemon => {
    if (daemon) earlier.push(daemon.output());
    const env = {
      ...environment,
      STORM_CLOCK_FILE: clockFile,
      NODE_OPTIONS: `--import=${CLOCK_PRELOAD}`,
    };
    const started = startDaemon(home, env, program);
    const lifetime: Lifetime = { pid: started.pid, from: Date.now(), to: null };
    lifetimes.push(lifetime);
    void started.exited.then(() => {
      lifetime.to = Date.now();
    });
    daemon = started;
    return started;
  };

  return {
    name,
    home,
    proxy,
    environment,
    lifetimes,
    get failedStarts() {
      return failedStarts;
    },
    get url() {
      return url;
    },
    output: () => [...earlier, daemon?.output() ?? ''].join(''),
    daemon: running,
    start: async () => {
      for (;;) {
        const started = startOnce();
        try {
          const line = await started.waitForLine(isListening, START_WITHIN_MS);
          url = String(line.url);
          return url;
        } catch (thrown) {
          if (started.child.exitCode === null) throw thrown;
          failedStarts += 1;
          await delay(RESTART_MS);
        }
      }
    },
    end: (signal) => running().kill(signal),
    update: () => {
      program = undefined;
    },
    stepTo: async (aheadMs) => {
      await writeFile(clockFile, String(aheadMs));
      running().child.kill('SIGUSR2');
    },
    command: (args) =>
      runCommand([...args, '--config', home.configFile], {
        cwd: home.dir,
        env: { ...environment, STORE_PORT: String(postgres.port) },
      }),
    close: async () => {
      await daemon?.kill('SIGKILL');
      await proxy.close();
      await home.remove();
    },
  };
}

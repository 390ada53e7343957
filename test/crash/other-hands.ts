import { readFile, rename, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { type Daemon, type Home, runCommand } from '../support/daemon.ts';
import { INSTANCE } from './configuration.ts';

/** What others do beside the daemon: the first three by a process of their own. */
const DEEDS = ['mute', 'unmute', 'redrive', 'reload'] as const;
type Deed = (typeof DEEDS)[number];

/** Somebody else at work on the same store, and on the configuration under the daemon. */
export interface OtherHands {
  /** How often each was done. */
  readonly done: Readonly<Record<Deed, number>>;
  /** What a command said that failed. */
  readonly failures: readonly string[];
  /** Does one thing at random; a reload only where a daemon is given that may still be starting. */
  act(daemon: Daemon): Promise<void>;
  /** Makes everything that was given up due again. */
  redrive(): Promise<void>;
  /** Resolves once no mute is in force any more: what happens from then on is told. */
  untilUnmuted(): Promise<void>;
}

const MUTED_FOR_MS = 1_000;

/** Begins with nothing done. */
export function createOtherHands(home: Home): OtherHands {
  const done: Record<Deed, number> = { mute: 0, unmute: 0, redrive: 0, reload: 0 };
  const failures: string[] = [];
  let mutes: string[] = [];
  let mutedUntil = 0;

  const command = async (args: readonly string[]): Promise<string> => {
    const whole = [...args, '--config', home.configFile];
    const { code, stdout, stderr } = await runCommand(whole, { cwd: home.dir });
    if (code !== 0) failures.push(`${args.join(' ')} ended with ${code}: ${stdout}${stderr}`);
    return stdout;
  };

  const deeds: Record<Deed, (daemon: Daemon) => Promise<unknown>> = {
    mute: async () => {
      mutedUntil = Date.now() + 600_000;
      const span = `${MUTED_FOR_MS / 1_000}s`;
      const said = await command([
        'mute',
        'add',
        '--watch',
        INSTANCE,
        '--for',
        span,
        '--reason',
        'storm',
        '--author',
        'storm',
        '--json',
      ]);
      mutes.push(...(/"id":\s*"?([\w-]+)/.exec(said)?.slice(1) ?? []));
      mutedUntil = Date.now() + MUTED_FOR_MS;
    },
    unmute: async () => {
      const [id] = mutes;
      mutes = mutes.slice(1);
      // It may be over by now, which the command says by failing.
      if (id !== undefined)
        await runCommand(['mute', 'remove', id, '--author', 'storm', '--config', home.configFile], {
          cwd: home.dir,
        });
    },
    redrive: () => command(['deliveries', 'redrive', '--given-up']),
    reload: async ({ child, waitForLine }) => {
      await changeConfiguration(home.configFile);
      // Before its first line there is no program yet, only a runtime that a signal ends. It may be killed before that.
      await waitForLine(() => true).catch(() => undefined);
      child.kill('SIGHUP');
    },
  };

  return {
    done,
    failures,
    act: async (daemon) => {
      const deed = DEEDS[Math.floor(Math.random() * DEEDS.length)] ?? 'reload';
      await deeds[deed](daemon);
      done[deed] += 1;
    },
    redrive: async () => {
      await command(['deliveries', 'redrive', '--given-up']);
      done.redrive += 1;
    },
    untilUnmuted: () => delay(Math.max(0, mutedUntil - Date.now())),
  };
}

/** Changes at random what makes a source, a watch or a channel begin anew, or takes a second watch away; all else stays. */
async function changeConfiguration(file: string): Promise<void> {
  const config = JSON.parse(await readFile(file, 'utf8')) as {
    connections: Array<Record<string, unknown>>;
    watches: Array<Record<string, unknown>>;
    channels: Array<Record<string, unknown>>;
  };
  const { connections, watches, channels } = config;
  const changed = {
    ...config,
    connections: connections.map((connection) => ({ ...connection, requestTimeout: `${between(5, 20)}s` })),
    watches: [
      ...watches.slice(0, 1).map((watch) => ({ ...watch, labels: { turn: String(between(0, 3)) } })),
      ...watches.slice(0, between(0, 1)).map((watch) => ({ ...watch, name: 'spare', instanceName: 'spare' })),
    ],
    channels: channels.map((channel) =>
      channel.type === 'slack' ? { ...channel, timeZone: between(0, 1) ? 'Europe/Berlin' : 'UTC' } : channel,
    ),
  };
  await writeFile(`${file}.new`, JSON.stringify(changed, null, 2));
  await rename(`${file}.new`, file);
}

function between(least: number, most: number): number {
  return least + Math.floor(Math.random() * (most - least + 1));
}

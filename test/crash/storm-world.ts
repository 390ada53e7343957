import { type AtlasSimulator, startAtlas } from '../../src/simulator/atlas/atlas.ts';
import { GROUP_ID } from '../support/builders.ts';
import { type Home, makeHome, runCommand } from '../support/daemon.ts';
import { crashConfiguration, INSTANCE } from './configuration.ts';
import { CHANNELS, type Channel, type CrashReceiver, startReceiver } from './receivers.ts';
import { stepsOf } from './storm-steps.ts';
import { createTroubles, type TroubleOptions } from './troubles.ts';

export interface StormWorld {
  atlas: AtlasSimulator;
  home: Home;
  receivers: Record<Channel, CrashReceiver>;
  /** How many messages have met trouble. */
  refused(channel: Channel): number;
  /** Starts and ends jobs, one at each call; in the order of life. */
  steps: Array<() => void>;
  /** How many events the steps make, for each channel. */
  expected: number;
  close(): Promise<void>;
}

/**
 * An Atlas with one instance, a receiver of each kind that fails now and then, and a home whose first poll has been made: every job
 * of the steps is news.
 */
export async function makeStormWorld(jobs: number, troubles: TroubleOptions): Promise<StormWorld> {
  const atlas = await startAtlas({ publicKey: 'public', privateKey: 'private' });
  atlas.addInstance(GROUP_ID, INSTANCE);
  atlas.addInstance(GROUP_ID, 'spare');
  const [webhook, slack, email] = await Promise.all([
    startReceiver('webhook'),
    startReceiver('slack'),
    startReceiver('email'),
  ]);
  const receivers = { webhook, slack, email };
  const met = {
    webhook: createTroubles(troubles),
    slack: createTroubles(troubles),
    email: createTroubles(troubles),
  };
  for (const channel of CHANNELS) receivers[channel].trouble(met[channel].script);
  const home = await makeHome(
    crashConfiguration(atlas, { channels: CHANNELS.map((channel) => receivers[channel].config) }),
  );
  await takeBaseline(home);
  return {
    atlas,
    home,
    receivers,
    refused: (channel) => met[channel].met(),
    steps: stepsOf([{ atlas, groupId: GROUP_ID, instance: INSTANCE }], jobs),
    expected: jobs * 2,
    close: async () => {
      await Promise.all([atlas, webhook, slack, email].map((part) => part.close()));
      await home.remove();
    },
  };
}

async function takeBaseline(home: Home): Promise<void> {
  const { code, stdout, stderr } = await runCommand(['once', '--config', home.configFile], { cwd: home.dir });
  if (code !== 0) throw new Error(`the first poll failed:\n${stdout}\n${stderr}`);
}

import { onTestFinished } from 'vitest';
import { type AtlasSimulator, startAtlas } from '../../src/simulator/atlas/atlas.ts';
import { GROUP_ID } from '../support/builders.ts';
import { type Daemon, type Home, makeHome, startDaemon } from '../support/daemon.ts';
import { type ChannelEntry, crashConfiguration, INSTANCE } from './configuration.ts';

/** An Atlas with one instance, closed when the test ends. */
export async function anAtlas(): Promise<AtlasSimulator> {
  const atlas = await startAtlas({ publicKey: 'public', privateKey: 'private' });
  onTestFinished(() => atlas.close());
  atlas.addInstance(GROUP_ID, INSTANCE);
  return atlas;
}

/** A home with one watch of that instance (see `crashConfiguration`); removed when the test ends. */
export async function aHome(
  atlas: AtlasSimulator,
  more: { watch?: object; channels?: readonly ChannelEntry[] } = {},
): Promise<Home> {
  const home = await makeHome(crashConfiguration(atlas, more));
  onTestFinished(() => home.remove());
  return home;
}

/** A daemon that is killed when the test ends, should it still live. */
export function aDaemon(home: Home): Daemon {
  const daemon = startDaemon(home);
  onTestFinished(async () => {
    await daemon.kill('SIGKILL');
  });
  return daemon;
}

import type { AtlasSimulator } from '../../src/simulator/atlas/atlas.ts';
import { GROUP_ID } from '../support/builders.ts';

export const INSTANCE = 'orders';

export type ChannelEntry = Readonly<Record<string, unknown>>;

/** One watch of that instance, polled every second and never held up by its budget; every channel is told everything. */
export function crashConfiguration(
  { url }: AtlasSimulator,
  { watch = {}, channels = [] }: { watch?: object; channels?: readonly ChannelEntry[] } = {},
): Record<string, unknown> {
  return {
    connections: [
      {
        name: 'atlas',
        baseUrl: url,
        auth: { type: 'digest', publicKey: 'public', privateKey: 'private' },
        requestsPerMinute: 100_000,
      },
    ],
    watches: [
      {
        name: INSTANCE,
        kind: 'serverless',
        groupId: GROUP_ID,
        instanceName: INSTANCE,
        schedule: '* * * * * *',
        ...watch,
      },
    ],
    channels,
    routes: channels.length === 0 ? [] : [{ events: ['*'], channels: channels.map(({ name }) => name) }],
  };
}

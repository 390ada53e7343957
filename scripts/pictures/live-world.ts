import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { type AtlasSimulator, startAtlas } from '../../src/simulator/atlas/atlas.ts';
import { startSlackReceiver } from '../../src/simulator/receivers/slack-receiver.ts';
import { startSmtpSink } from '../../src/simulator/receivers/smtp-sink.ts';
import { startWebhookReceiver } from '../../src/simulator/receivers/webhook-receiver.ts';
import { type Daemon, type Home, makeHome, startDaemon } from '../../test/support/daemon.ts';
import { until } from './pty.ts';

/** The projects: of `orders`, of the watch that is held back, and of the one that fails. */
export const PROJECTS = {
  orders: '64b0c1d2e3f4a5b6c7d8e9f0',
  sessions: '64b0c1d2e3f4a5b6c7d8e9f1',
  carts: '64b0c1d2e3f4a5b6c7d8e9f2',
} as const;
const KEYS = { publicKey: 'public', privateKey: 'private' };
const EVERY_SECOND = '* * * * * *';

/** The real daemon, running, the simulated Atlas that it watches, and the receivers that it tells. */
export interface LiveWorld {
  atlas: AtlasSimulator;
  home: Home;
  daemon: Daemon;
  close(): Promise<void>;
}

/**
 * Starts a daemon with something to show: one watch that sees its restores, one that a ceiling holds back, one that fails; a channel that
 * accepts, one that gathers a digest, and one that is refused.
 */
export async function startLiveWorld(): Promise<LiveWorld> {
  const secretOf = () => `whsec_${randomBytes(24).toString('base64')}`;
  const [atlas, slack, smtp, webhook] = await Promise.all([
    startAtlas(KEYS),
    startSlackReceiver(),
    startSmtpSink(),
    startWebhookReceiver({ secret: secretOf() }),
  ]);
  for (const [name, groupId] of Object.entries(PROJECTS)) {
    atlas.addInstance(groupId, name, 'cluster');
    atlas.addPast(groupId, name, 34, { kind: 'collection' });
  }
  atlas.refuse(PROJECTS.carts, 'IP_ADDRESS_NOT_ON_ACCESS_LIST');
  const home = await makeHome({
    ...configOf(atlas.url, { slack: slack.url, smtp: smtp.url, webhook: webhook.url, secret: secretOf() }),
    server: { host: '127.0.0.1', port: await freePort() },
  });
  const daemon = startDaemon(home);
  await daemon.url;
  return {
    atlas,
    home,
    daemon,
    close: async () => {
      await daemon.kill('SIGTERM');
      await Promise.all([atlas, slack, smtp, webhook].map((part) => part.close()));
      await home.remove();
    },
  };
}

/** Waits until the status report of the daemon fits. */
export async function untilStatus(
  { daemon }: LiveWorld,
  what: string,
  fits: (report: Report) => boolean,
): Promise<void> {
  const url = await daemon.url;
  await until(async () => fits((await (await fetch(`${url}/api/v1/status`)).json()) as Report), what);
}

/** What is looked at of the daemon's own report. */
interface Report {
  watches: Array<{
    watch: string;
    sight: string;
    throttled: unknown;
    lastSuccessAt: string | null;
    running: number;
  }>;
  channels: Array<{
    channel: string;
    state: string;
    held: number;
    givenUp: number;
    lastAcceptedAt: string | null;
  }>;
}

interface Receivers {
  slack: string;
  smtp: string;
  webhook: string;
  /** Not the one that the receiver knows. */
  secret: string;
}

function configOf(baseUrl: string, { slack, smtp, webhook, secret }: Receivers): Record<string, unknown> {
  const connection = { baseUrl, auth: { type: 'digest', ...KEYS } };
  const watch = (name: keyof typeof PROJECTS, connectionName: string) => ({
    ...{ name, connection: connectionName, kind: 'collection', groupId: PROJECTS[name], instanceName: name },
    ...{ schedule: EVERY_SECOND, failingAfter: name === 'carts' ? '3s' : '10m' },
  });
  return {
    connections: [
      { name: 'atlas', ...connection, requestsPerMinute: 600 },
      { name: 'shared-key', ...connection, requestsPerMinute: 20 },
    ],
    watches: [watch('orders', 'atlas'), watch('sessions', 'shared-key'), watch('carts', 'atlas')],
    channels: [
      { name: 'oncall', type: 'slack', url: slack },
      {
        name: 'dba',
        type: 'email',
        smtpUrl: smtp,
        from: 'restores@example.com',
        to: ['dba@example.com'],
        digest: '0 7 * * *',
      },
      { name: 'siem', type: 'webhook', url: webhook, secret },
      { name: 'platform', type: 'slack', url: slack },
    ],
    routes: [
      {
        events: ['failed', 'cancelled', 'expired', 'watch_failing', 'channel_failing'],
        channels: ['oncall'],
      },
      { events: ['*'], channels: ['siem'] },
      { events: ['finished', 'failed'], channels: ['dba'] },
      { events: ['*'], targetClusterNames: ['*-prod'], channels: ['platform'] },
    ],
    testAlert: { schedule: '0 9 * * 1', event: 'failed', watch: 'orders' },
  };
}

/** A port that is free now. The commands find the daemon by the configuration, so it must stand there. */
async function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer().once('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
  });
  return promise;
}

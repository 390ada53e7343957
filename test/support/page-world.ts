import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type AtlasSimulator, startAtlas } from '../../src/simulator/atlas/atlas.ts';
import {
  clusterJob,
  collectionJob,
  flexJob,
  type JobStep,
  newJobId,
} from '../../src/simulator/atlas/scenario.ts';
import { startSlackReceiver } from '../../src/simulator/receivers/slack-receiver.ts';
import { startWebhookReceiver } from '../../src/simulator/receivers/webhook-receiver.ts';
import { type Daemon, type Home, makeHome, runCommand, startDaemon } from './daemon.ts';
import { fetchOnce } from './fetch-once.ts';
import { PATIENCE_MS } from './patience.ts';
import { MAIN } from './program.ts';

const MINUTE = 60_000;
const WEBHOOK_SECRET = `whsec_${Buffer.from('a webhook secret, long enough').toString('base64')}`;
const KEYS = { publicKey: 'public', privateKey: 'private' };

/** The instances of the world, each in a project of its own, so that one of them can be refused. */
export const PLACES = {
  orders: { groupId: '64b0c1d2e3f4a5b6c7d8e9f0', kind: 'cluster', usualMs: 14 * MINUTE },
  catalog: { groupId: '64b0c1d2e3f4a5b6c7d8e9f1', kind: 'cluster', usualMs: 4 * MINUTE },
  billing: { groupId: '64b0c1d2e3f4a5b6c7d8e9f2', kind: 'flex', usualMs: 7 * MINUTE },
  ledger: { groupId: '64b0c1d2e3f4a5b6c7d8e9f3', kind: 'collection', usualMs: 9 * MINUTE },
  sessions: { groupId: '64b0c1d2e3f4a5b6c7d8e9f4', kind: 'cluster', usualMs: 20 * MINUTE },
} as const;
/** A name of `PLACES`. */
export type PlaceName = keyof typeof PLACES;

/** What a restore that is put into the world is like. */
export interface Restore {
  createdAt: number;
  target?: string;
  step?: JobStep;
}

/** The real daemon beside a simulated Atlas and receivers, with something to look at. */
export interface PageWorld {
  readonly atlas: AtlasSimulator;
  readonly home: Home;
  daemon: Daemon;
  /** Of the daemon; the same after a restart. */
  readonly url: string;
  /** Puts a restore into Atlas and gives its id. */
  restore(place: PlaceName, restore: Restore): string;
  change(place: PlaceName, id: string, step: JobStep): void;
  /** Makes Atlas refuse everything about the place, or answer again. */
  blind(place: PlaceName, isBlind?: boolean): void;
  /** Makes the webhook channel refuse what it is sent, for now or (400) for good, or accept again. */
  refuseWebhooks(refuses: boolean, status?: 503 | 400): void;
  /** Runs a command of the program beside the daemon. */
  command(...args: string[]): Promise<void>;
  /** Waits until the page holds a text. */
  untilShown(text: string | RegExp, path?: string): Promise<void>;
  /** Stops the daemon and starts it again at the same port. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts a daemon with five watches that are polled every second and two channels.
 * @param changes replaces whole keys of its configuration.
 * @param tokens of its server: none unless given.
 */
export async function startPageWorld(
  changes: Record<string, unknown> = {},
  { main = MAIN, tokens = {} as { token?: string; viewToken?: string } } = {},
): Promise<PageWorld> {
  const [atlas, slack, webhook] = await Promise.all([
    startAtlas(KEYS),
    startSlackReceiver(),
    startWebhookReceiver({ secret: WEBHOOK_SECRET }),
  ]);
  for (const [name, { groupId, kind }] of Object.entries(PLACES)) {
    atlas.addInstance(groupId, name, kind === 'collection' ? 'cluster' : kind);
  }
  const config = configOf(atlas.url, slack.url, webhook.url, await freePort());
  const home = await makeHome({ ...config, ...changes, server: { ...config.server, ...tokens } });
  const token = tokens.token ?? tokens.viewToken;
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  let url = '';
  const start = async (): Promise<Daemon> => {
    const daemon = startDaemon(home, {}, main);
    url = await daemon.url;
    return daemon;
  };
  const world: PageWorld = {
    atlas,
    home,
    daemon: await start(),
    get url() {
      return url;
    },
    restore: (place, { createdAt, target = `${place}-copy`, step = (job) => job }) => {
      const id = newJobId(createdAt);
      const options = { id, createdAt, instance: place, target };
      atlas.putJob(PLACES[place].groupId, place, step(jobOfKind(PLACES[place].kind, options)));
      return id;
    },
    change: (place, id, step) => void atlas.updateJob(PLACES[place].groupId, place, id, step),
    blind: (place, isBlind = true) =>
      atlas.refuse(PLACES[place].groupId, isBlind ? 'IP_ADDRESS_NOT_ON_ACCESS_LIST' : null),
    refuseWebhooks: (refuses, status = 503) => webhook.answer(refuses ? status : null),
    command: async (...args) => {
      await runCommand([...args, '--config', home.configFile], { cwd: home.dir });
    },
    untilShown: async (text, path = '/') => {
      const endsAt = performance.now() + PATIENCE_MS;
      for (;;) {
        const page = await (await fetchOnce(url + path, { headers })).text();
        if (typeof text === 'string' ? page.includes(text) : text.test(page)) return;
        await delay(50);
        if (performance.now() > endsAt) throw new Error(`the page never held ${String(text)}:\n${page}`);
      }
    },
    restart: async () => {
      await world.daemon.kill('SIGTERM');
      world.daemon = await start();
    },
    close: async () => {
      await world.daemon.kill('SIGTERM');
      await Promise.all([atlas, slack, webhook].map((part) => part.close()));
      await home.remove();
    },
  };
  return world;
}

function jobOfKind(
  kind: (typeof PLACES)[PlaceName]['kind'],
  options: { id: string; createdAt: number; instance: string; target: string },
): ReturnType<typeof clusterJob> {
  switch (kind) {
    case 'cluster':
      return clusterJob(options);
    case 'flex':
      return flexJob(options);
    case 'collection':
      return collectionJob({ ...options, totalDocuments: 1_000_000 });
  }
}

function configOf(atlas: string, slack: string, webhook: string, port: number) {
  return {
    connections: [
      { name: 'atlas', baseUrl: atlas, auth: { type: 'digest', ...KEYS }, requestsPerMinute: 6_000 },
    ],
    watches: Object.entries(PLACES).map(([name, { groupId, kind }]) => ({
      ...{ name, kind, groupId, instanceName: name },
      ...{ schedule: '* * * * * *', failingAfter: '3s', announceExisting: '2h' },
    })),
    channels: [
      { name: 'oncall', type: 'slack', url: slack },
      { name: 'siem', type: 'webhook', url: webhook, secret: WEBHOOK_SECRET },
    ],
    routes: [
      { events: ['started', 'finished', 'failed', 'cancelled', 'watch_failing'], channels: ['oncall'] },
      { events: ['*'], channels: ['siem'] },
    ],
    server: { host: '127.0.0.1', port },
  };
}

/** A port that is free now: a daemon that is started again takes the same, so that pages find it. */
async function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer().once('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
  });
  return promise;
}

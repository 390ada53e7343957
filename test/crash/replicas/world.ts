import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AtlasSimulator, startAtlas } from '../../../src/simulator/atlas/atlas.ts';
import { makeHome, runCommand } from '../../support/daemon.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres/server.ts';
import { CHANNELS, type Channel, type CrashReceiver, startReceiver } from '../receivers.ts';
import { type StormPlace, stepsOf } from '../storm-steps.ts';
import { createTroubles, type TroubleOptions } from '../troubles.ts';
import { createReplica, type Replica } from './replica.ts';
import { installWitness } from './witness.ts';

const KEYS = { publicKey: 'public', privateKey: 'private' };

/** So many requests a minute the project of the second Atlas may cost. Polling its watches at every second asks for more. */
export const NARROW_PER_MINUTE = 100;

/** Replicas over one PostgreSQL, two Atlas, and receivers that fail now and then. */
export interface ReplicaWorld {
  postgres: PostgresServer;
  replicas: Replica[];
  receivers: Record<Channel, CrashReceiver>;
  /** With a budget that does not bind, and with one that does. */
  atlas: { wide: AtlasSimulator; narrow: AtlasSimulator };
  /** How many messages have met trouble. */
  refused(channel: Channel): number;
  /** Starts and ends jobs, one at each call; in the order of life. */
  steps: Array<() => void>;
  /** How many events the steps make, for each channel. */
  expected: number;
  places: readonly StormPlace[];
  close(): Promise<void>;
}

/** Projects that each have a watch of their own, one instance each. */
const NAMED = projects('a', 4);
/** Projects that a watch of all projects finds. */
const FOUND = projects('b', 3);
/** A project with two watches, in the Atlas whose budget binds. */
const [NARROW = ''] = projects('c', 1);

function projects(letter: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `64b0c1d2e3f4a5b6c7d8e${letter}f${index}`);
}

/** Makes a world whose first poll has been made, so that every job of the steps is news. No replica runs yet. */
export async function makeReplicaWorld({
  replicas: count,
  jobs,
  troubles,
  settings,
  older,
}: {
  replicas: number;
  jobs: number;
  troubles: TroubleOptions;
  /** Keys of the configuration that are other than usual. */
  settings?: Record<string, unknown>;
  /** An older program, which the replicas run until they are updated. */
  older?: string | undefined;
}): Promise<ReplicaWorld> {
  const [postgres, wide, narrow, webhook, slack, email] = await Promise.all([
    startPostgres({ full_page_writes: 'off' }),
    startAtlas({ ...KEYS, serverlessListed: true }),
    startAtlas(KEYS),
    startReceiver('webhook'),
    startReceiver('slack'),
    startReceiver('email'),
  ]);
  const receivers = { webhook, slack, email };
  const places: StormPlace[] = [
    ...[...NAMED, ...FOUND].map((groupId) => ({ atlas: wide, groupId, instance: 'orders' })),
    ...['orders', 'carts'].map((instance) => ({ atlas: narrow, groupId: NARROW, instance })),
  ];
  for (const { atlas, groupId, instance } of places) atlas.addInstance(groupId, instance);
  const met = {
    webhook: createTroubles(troubles),
    slack: createTroubles(troubles),
    email: createTroubles(troubles),
  };
  for (const channel of CHANNELS) receivers[channel].trouble(met[channel].script);

  const keys = await makeHome({});
  const keyFile = join(keys.dir, 'audit-key');
  const { privateKey } = generateKeyPairSync('ed25519');
  await writeFile(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  const config = {
    ...configuration({ wide, narrow }, receivers, older === undefined),
    audit: { file: 'audit.jsonl', keyFile, checkpointEvery: '1m' },
    ...settings,
  };
  const replicas: Replica[] = [];
  for (let index = 0; index < count; index += 1)
    replicas.push(await createReplica({ name: `replica-${index + 1}`, config, postgres, older }));
  await takeBaseline(replicas[0], postgres, older);
  await installWitness(postgres.url, unitsOfWatches());
  return {
    postgres,
    replicas,
    receivers,
    places,
    atlas: { wide, narrow },
    refused: (channel) => met[channel].met(),
    steps: stepsOf(places, jobs),
    expected: jobs * 2,
    close: async () => {
      await Promise.all(replicas.map((replica) => replica.close()));
      await Promise.all([wide, narrow, webhook, slack, email].map((part) => part.close()));
      await postgres.remove();
      await keys.remove();
    },
  };
}

/** The text of the configuration is the same for all replicas; the environment says where each finds what, and who it is. */
function configuration(
  { wide, narrow }: ReplicaWorld['atlas'],
  receivers: ReplicaWorld['receivers'],
  findsProjects: boolean,
): Record<string, unknown> {
  const connection = (name: string, baseUrl: string, requestsPerMinute: number): object => ({
    ...{ name, baseUrl, requestsPerMinute },
    auth: { type: 'digest', ...KEYS },
  });
  const watch = (name: string, connection: string, groupId: string, more: object): object => ({
    ...{ name, connection, groupId, kind: 'serverless', schedule: '* * * * * *', ...more },
  });
  const { webhook, slack, email } = receivers;
  return {
    connections: [connection('wide', wide.url, 100_000), connection('narrow', narrow.url, NARROW_PER_MINUTE)],
    watches: [
      ...NAMED.map((groupId, index) => watch(`named-${index}`, 'wide', groupId, { instanceName: 'orders' })),
      ...(findsProjects
        ? [watch('found', 'wide', '*', { instanceName: '*' })]
        : // How replicas share a watch of all projects is younger than some of the programs that are updated.
          FOUND.map((groupId, index) => watch(`found-${index}`, 'wide', groupId, { instanceName: '*' }))),
      // Its schedule cannot be kept, which is what it is there for.
      ...['orders', 'carts'].map((instanceName) =>
        watch(`narrow-${instanceName}`, 'narrow', NARROW, { instanceName, failingAfter: '24h' }),
      ),
    ],
    channels: [
      { ...webhook.config, url: `${webhook.config.url}?by=\${REPLICA}` },
      { ...slack.config, url: `${slack.config.url}?by=\${REPLICA}` },
      // Ten minutes, as a mail server may take, is longer than anybody here waits for one that does not answer.
      {
        ...email.config,
        timeout: '30s',
        smtpUrl: String(email.config.smtpUrl).replace('://', `://\${REPLICA}:storm@`),
      },
    ],
    routes: [{ events: ['*'], channels: [...CHANNELS] }],
    store: { url: `postgres://watcher@127.0.0.1:\${STORE_PORT}/postgres` },
  };
}

/** Of a watch of all projects the whole may be one unit, or each project. */
function unitsOfWatches(): Array<[watch: string, unit: string]> {
  return [
    ...NAMED.map((groupId, index): [string, string] => [`named-${index}`, `project:wide/${groupId}`]),
    ...['*', ...FOUND].map((groupId): [string, string] => ['found', `project:wide/${groupId}`]),
    ['found', 'discovery:found'],
    ...FOUND.map((groupId, index): [string, string] => [`found-${index}`, `project:wide/${groupId}`]),
    ['narrow-orders', `project:narrow/${NARROW}`],
    ['narrow-carts', `project:narrow/${NARROW}`],
  ];
}

async function takeBaseline(
  replica: Replica | undefined,
  postgres: PostgresServer,
  main: string | undefined,
): Promise<void> {
  if (replica === undefined) throw new RangeError('a storm wants replicas');
  const { home, environment } = replica;
  const env = { ...environment, STORE_PORT: String(postgres.port) };
  const { code, stdout, stderr } = await runCommand(['once', '--config', home.configFile], {
    cwd: home.dir,
    env,
    main,
  });
  if (code !== 0) throw new Error(`the first poll failed:\n${stdout}\n${stderr}`);
}

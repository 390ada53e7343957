import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { type AtlasOptions, type AtlasSimulator, startAtlas } from '../../src/simulator/atlas/atlas.ts';
import { type JobOptions, newJobId, serverlessJob } from '../../src/simulator/atlas/scenario.ts';
import { startSlackReceiver } from '../../src/simulator/receivers/slack-receiver.ts';
import { startSmtpSink } from '../../src/simulator/receivers/smtp-sink.ts';
import { startWebhookReceiver } from '../../src/simulator/receivers/webhook-receiver.ts';
import { type Daemon, type Home, makeHome, runCommand, startDaemon } from '../support/daemon.ts';
import { fetchOnce } from '../support/fetch-once.ts';
import { PATIENCE_MS } from '../support/patience.ts';

export const GROUP = '64b0c1d2e3f4a5b6c7d8e9f0';
export const INSTANCE = 'orders';
export const WEBHOOK_SECRET = `whsec_${Buffer.from('a webhook secret, long enough').toString('base64')}`;
export const ALL_CHANNELS = ['webhook', 'slack', 'email'] as const;
export type ChannelName = (typeof ALL_CHANNELS)[number];

/** One event as one channel got it. */
export interface Arrival {
  eventId: string;
  at: number;
}

/** What a webhook is told, as far as the tests look at it. */
export interface Told {
  id: string;
  subject: string;
  data: {
    event: string;
    from: string | null;
    inferred: boolean;
    late: boolean;
    detectedAt: string;
    occurredAt: string;
    job: { id: string; state: string };
  };
}

/** An Atlas with one instance, and a receiver for each kind of channel; closed when the test ends. */
export interface World {
  readonly atlas: AtlasSimulator;
  readonly webhook: Awaited<ReturnType<typeof startWebhookReceiver>>;
  readonly slack: Awaited<ReturnType<typeof startSlackReceiver>>;
  readonly smtp: Awaited<ReturnType<typeof startSmtpSink>>;
  /** A configuration of one watch, polled every second, whose events all channels get; `changes` replaces whole keys. */
  config(changes?: Record<string, unknown>): Record<string, unknown>;
  connection(changes?: Record<string, unknown>): Record<string, unknown>;
  watch(changes?: Record<string, unknown>): Record<string, unknown>;
  /** Puts a running job into Atlas and gives its id. */
  startJob(options?: Partial<JobOptions>): string;
  /** What a channel accepted so far, event by event. */
  arrived(channel: ChannelName): Arrival[];
  /** What the webhook was told and accepted, in order. */
  told(): Told[];
  /** Waits until every one of the channels has accepted so many different events. */
  untilArrived(count: number, channels?: readonly ChannelName[], timeoutMs?: number): Promise<void>;
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;

export async function startWorld(
  options: {
    atlas?: Partial<AtlasOptions>;
    smtp?: { user: string; password: string };
    webhookSecret?: string;
  } = {},
): Promise<World> {
  const { webhookSecret = WEBHOOK_SECRET } = options;
  const keys = { publicKey: 'public', privateKey: 'private', ...options.atlas };
  const [atlas, webhook, slack, smtp] = await Promise.all([
    startAtlas(keys),
    startWebhookReceiver({ secret: webhookSecret }),
    startSlackReceiver(),
    startSmtpSink(options.smtp),
  ]);
  onTestFinished(async () => {
    await Promise.all([atlas, webhook, slack, smtp].map((part) => part.close()));
  });
  atlas.addInstance(GROUP, INSTANCE);

  const connection: World['connection'] = (changes) => ({
    name: 'atlas',
    baseUrl: atlas.url,
    auth: { type: 'digest', publicKey: keys.publicKey, privateKey: keys.privateKey },
    requestsPerMinute: 100_000,
    ...changes,
  });
  const watch: World['watch'] = (changes) => ({
    name: INSTANCE,
    kind: 'serverless',
    groupId: GROUP,
    instanceName: INSTANCE,
    schedule: '* * * * * *',
    ...changes,
  });
  const arrived: World['arrived'] = (channel) => {
    switch (channel) {
      case 'webhook':
        return webhook.accepted().map(({ at, json }) => ({ at, eventId: (json as Told).id }));
      case 'slack':
        return slack
          .accepted()
          .flatMap(({ at, body }) => [...new Set(body.match(UUID))].map((eventId) => ({ at, eventId })));
      case 'email':
        return smtp.received.map(({ at, mail }) => {
          const eventId = /^<([^@]+)@/.exec(mail.messageId)?.[1] ?? '';
          return { at, eventId };
        });
    }
  };
  return {
    atlas,
    webhook,
    slack,
    smtp,
    connection,
    watch,
    config: (changes) => ({
      connections: [connection()],
      watches: [watch()],
      channels: [
        { name: 'webhook', type: 'webhook', url: webhook.url, secret: webhookSecret },
        { name: 'slack', type: 'slack', url: slack.url },
        {
          name: 'email',
          type: 'email',
          smtpUrl: smtp.url,
          from: 'restores@example.com',
          to: ['dba@example.com'],
        },
      ],
      routes: [{ events: ['*'], channels: ['webhook', 'slack', 'email'] }],
      ...changes,
    }),
    startJob: (job) => {
      const createdAt = Date.now();
      const id = newJobId(createdAt);
      atlas.putJob(GROUP, INSTANCE, serverlessJob({ id, createdAt, instance: INSTANCE, ...job }));
      return id;
    },
    arrived,
    told: () => webhook.accepted().map(({ json }) => json as Told),
    untilArrived: async (count, channels = ALL_CHANNELS, timeoutMs = PATIENCE_MS) => {
      for (const channel of channels) {
        const different = () => new Set(arrived(channel).map(({ eventId }) => eventId)).size;
        await until(() => different() >= count, `${count} events on ${channel}`, timeoutMs);
      }
    },
  };
}

/** A home that is removed when the test ends. */
export async function settle(config: Record<string, unknown>): Promise<Home> {
  const home = await makeHome(config);
  onTestFinished(() => home.remove());
  return home;
}

/** A daemon that listens; killed when the test ends, should it still live. */
export async function awaken(
  home: Home,
  env?: Record<string, string>,
  main?: string,
): Promise<Daemon & { base: string }> {
  const daemon = startDaemon(home, env, main);
  onTestFinished(async () => {
    await daemon.kill('SIGKILL');
  });
  return { ...daemon, base: await daemon.url };
}

/** How many polls have ended this way, by watch. */
export async function pollsOf(base: string, outcome: 'ok' | 'failed'): Promise<Map<string, number>> {
  const text = await (await fetchOnce(`${base}/metrics`)).text();
  const series = text.matchAll(/^restore_watcher_polls_total\{watch="([^"]+)",outcome="(\w+)"\} (\d+)$/gm);
  const counts = [...series].filter(([, , of]) => of === outcome);
  return new Map(counts.map(([, watch = '', , count]) => [watch, Number(count)]));
}

/** Waits until every watch has had so many more successful polls. */
export async function untilPolled({ base }: { base: string }, polls: number): Promise<void> {
  const before = await pollsOf(base, 'ok');
  await until(async () => {
    const now = await pollsOf(base, 'ok');
    return [...before].every(([watch, count]) => (now.get(watch) ?? 0) >= count + polls);
  }, `${polls} more polls`);
}

/** Waits until the condition holds. @throws when it does not in time. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = PATIENCE_MS,
): Promise<void> {
  const endsAt = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > endsAt) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await delay(20);
  }
}

export async function getJson(url: string): Promise<{ status: number; body: unknown }> {
  const reply = await fetchOnce(url);
  return { status: reply.status, body: await reply.json() };
}

/** Runs a command beside (or without) the daemon of this home. */
export function command(
  home: Home,
  args: readonly string[],
  env: Record<string, string> = {},
): ReturnType<typeof runCommand> {
  return runCommand([...args, '--config', home.configFile], { cwd: home.dir, env });
}

/** The key by which the audit log of this home is signed; there is none before it is signed for the first time. */
export async function logKeyOf(home: Home): Promise<string> {
  let key = '';
  await until(async () => {
    const { code, stdout } = await command(home, ['audit', 'key']);
    key = stdout.trim();
    return code === 0;
  }, 'the key of the audit log');
  return key;
}

/** `subject event`, once for every time it was told. */
export function factsOf(told: readonly Told[]): string[] {
  return told.map(({ subject, data }) => `${subject} ${data.event}`);
}

/** How the one watch is doing, as the API tells. */
export async function watchOf(
  base: string,
): Promise<{ consecutiveFailures: number; fault: { reason: string } | null }> {
  const { body } = await getJson(`${base}/api/v1/watches`);
  const [watch] = (body as { items: Array<Awaited<ReturnType<typeof watchOf>>> }).items;
  if (!watch) throw new Error('there is no watch');
  return watch;
}

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Fault } from '../../src/simulator/atlas/faults.ts';
import { finish, LINK_CANARY, newJobId, ready, serverlessJob } from '../../src/simulator/atlas/scenario.ts';
import { SLACK_URL_CANARY } from '../../src/simulator/receivers/slack-receiver.ts';
import type { Daemon, Home } from '../support/daemon.ts';
import { fetchOnce } from '../support/fetch-once.ts';
import { awaken, command, GROUP, INSTANCE, settle, startWorld, type World } from './support.ts';

// Every secret holds the word, so that half of one is found as well.
const PUBLIC_KEY = 'canarypublic';
const PRIVATE_KEY = 'CANARY-0f1e-private-key';
const SMTP_PASSWORD = 'CANARY/smtp p@ss';
const SIGNING_KEY = 'CANARY signing key, long enough';
const WEBHOOK_SECRET = `whsec_${Buffer.from(SIGNING_KEY).toString('base64')}`;
const WEBHOOK_TOKEN = 'CANARYinTheWebhookUrl';
const HEADER_TOKEN = 'CANARYinTheHeader';
const SERVER_TOKEN = 'CANARYofTheServer';
const ENV = { PRIVATE_KEY, WEBHOOK_SECRET, HEADER_TOKEN, SERVER_TOKEN };
const LINK = `https://restore-1.abc12.mongodb.net:27017/${LINK_CANARY}/restore-2.tar.gz`;

/** The word as it stands and as percent signs, JSON, HTML and hex may write it. */
const CANARY = new RegExp(
  ['canary', ...spellingsOf('canary').slice(0, 4), ...spellingsOf('CANARY').slice(0, 4)]
    .map(RegExp.escape)
    .join('|'),
  'i',
);
/** Percent-encoding leaves the word whole, base64 does not; it has three forms, by where it begins. */
const IN_BASE64 = [
  PUBLIC_KEY,
  PRIVATE_KEY,
  SMTP_PASSWORD,
  SIGNING_KEY,
  WEBHOOK_TOKEN,
  HEADER_TOKEN,
  SERVER_TOKEN,
  LINK_CANARY,
  SLACK_URL_CANARY,
].flatMap((secret) =>
  [0, 1, 2].map((before) => {
    const encoded = Buffer.from(' '.repeat(before) + secret).toString('base64');
    return encoded.slice(Math.ceil((before * 8) / 6), -4);
  }),
);

it('keeps keys, passwords, tokens, webhook addresses and download links out of logs, files, messages and answers, whatever fails', async () => {
  const world = await startWorld({
    atlas: { publicKey: PUBLIC_KEY, privateKey: PRIVATE_KEY },
    smtp: { user: 'watcher', password: SMTP_PASSWORD },
    webhookSecret: WEBHOOK_SECRET,
  });
  const home = await settle(secretive(world));
  const daemon = await awaken(home, ENV);
  const run = (line: string) => command(home, line.split(' '), ENV);

  const events = await failEverywhere(world, daemon);
  await run('deliveries redrive --given-up');
  await world.untilArrived(events, ['webhook', 'slack', 'email'], 20_000);

  const seen = new Map<string, string>();
  for (const line of COMMANDS) {
    const { stdout, stderr } = await run(line);
    seen.set(line, stdout + stderr);
  }
  for (const path of [...PATHS, `/api/v1/jobs/${world.told()[0]?.subject}`]) {
    seen.set(path, await ask(daemon.base + path, SERVER_TOKEN));
    seen.set(`${path} without the token`, await ask(daemon.base + path, 'no'));
  }
  for (const [name, text] of await filesOf(home)) seen.set(`${name} of the living`, text);
  await daemon.kill('SIGTERM');
  for (const [name, text] of await filesOf(home)) seen.set(name, text);
  seen.set('the log', daemon.output());
  seen.set('what the webhook got', world.webhook.received.map(({ body }) => body).join('\n'));
  seen.set('what Slack got', world.slack.received.map(({ body }) => body).join('\n'));
  seen.set('mails', world.smtp.received.map(({ raw, mail }) => `${raw}\n${JSON.stringify(mail)}`).join('\n'));

  const leaks = [...seen].flatMap(([where, text]) => leaksIn(text).map((leak) => `${where}: ${leak}`));
  expect(leaks).toEqual([]);
  for (const echoed of ['audit export', 'the log']) expect(seen.get(echoed)).toContain('[redacted]');
  expect(
    [...seen].flatMap(([where, text]) => (text === '' ? [where] : [])),
    'looked at nothing',
  ).toEqual([]);
});

it('would find a secret in each of its forms', () => {
  const credentials = Buffer.from(`\0watcher\0${SMTP_PASSWORD}`).toString('base64');
  for (const text of [LINK, encodeURIComponent(SMTP_PASSWORD), credentials, WEBHOOK_SECRET]) {
    expect(leaksIn(`{"detail":"${text}"}`)).toHaveLength(1);
  }
});

/** How a receiver may write down what it was sent, besides as it stands. */
function spellingsOf(secret: string): string[] {
  const each = (write: (code: number) => string): string =>
    [...secret].map((character) => write(character.codePointAt(0) ?? 0)).join('');
  const hex = (code: number): string => code.toString(16).padStart(2, '0');
  return [
    Buffer.from(secret).toString('hex'),
    each((code) => `%${hex(code)}`),
    each((code) => `\\u00${hex(code)}`),
    each((code) => `&#${code};`),
    JSON.stringify(secret).slice(1, -1).replaceAll('/', '\\/'),
  ];
}

const COMMANDS = [
  'check',
  'jobs --json',
  'history',
  'history --json',
  'deliveries',
  'deliveries --json',
  'audit export',
  'notify test',
];
const PATHS = [
  '/',
  '/healthz',
  '/readyz',
  '/metrics',
  '/api/v1/jobs',
  '/api/v1/transitions',
  '/api/v1/deliveries',
  '/api/v1/watches',
];

/** All faults that quote what they should not: of Atlas, of its jobs, and of each receiver. Gives how many events come of it. */
async function failEverywhere(world: World, daemon: Daemon): Promise<number> {
  const { atlas, webhook, slack, smtp } = world;
  await daemon.waitForLine(({ message }) => message === 'Watching');
  await atlas.waitForRequest(({ authenticated }) => authenticated);

  // Of another channel, too: what one receiver says is told through the others.
  const spelt = [SMTP_PASSWORD, HEADER_TOKEN].flatMap(spellingsOf).join(' ');
  const quoted = `${spelt} ${webhook.url}?token=${WEBHOOK_TOKEN} ${WEBHOOK_SECRET} Bearer ${HEADER_TOKEN}`;
  webhook.answer([
    { status: 500, body: quoted },
    { status: 400, body: quoted },
    { redirectTo: `${webhook.url}?token=${WEBHOOK_TOKEN}` },
    'reset',
  ]);
  slack.answer([{ status: 500, body: `${spellingsOf(PRIVATE_KEY).join(' ')} cannot post to ${slack.url}` }]);
  const login = Buffer.from(`\0watcher\0${SMTP_PASSWORD}`).toString('base64');
  smtp.answer(
    'AUTH',
    `454 4.7.0 not now: ${spellingsOf(SERVER_TOKEN)[0]} ${login} ${SMTP_PASSWORD} ${smtp.url}`,
    { times: 2 },
  );

  const oddities: ReadonlyArray<Record<string, unknown>> = [
    { id: LINK },
    { finishedAt: LINK },
    { deliveryUrl: { href: LINK } },
    { deliveryType: LINK },
  ];
  for (const odd of oddities) putOdd(world, odd);
  const ids = [
    world.startJob({ deliveryType: 'download' }),
    world.startJob(),
    world.startJob({ target: LINK }),
  ];
  const [download = '', restore = ''] = ids;
  atlas.updateJob(GROUP, INSTANCE, download, ready(Date.now() + 60_000));
  atlas.updateJob(GROUP, INSTANCE, restore, finish(Date.now()));
  for (const name of ['webhook', 'slack', 'email']) {
    await daemon.waitForLine(({ message }) => message.startsWith(`Could not tell ${name} yet`));
  }

  const faults: ReadonlyArray<[Fault, inLog: string]> = [
    [{ kind: 'status', status: 500, detail: `cannot open ${LINK}` }, ': 500'],
    [
      {
        kind: 'status',
        status: 403,
        detail: `no access for ${PUBLIC_KEY}:${PRIVATE_KEY} ${spellingsOf(SMTP_PASSWORD).join(' ')}`,
      },
      ': 403',
    ],
    [{ kind: 'truncate', clean: true }, 'not a JSON object'],
  ];
  for (const [fault, words] of faults) {
    atlas.setFault(fault);
    await daemon.waitForLine(
      ({ message }) => message.includes('cannot be polled') && message.includes(words),
    );
  }
  atlas.setFault(null);
  await daemon.waitForLine(({ message }) => message.includes('is polled again'));
  return ids.length + 2;
}

function putOdd(world: World, oddities: Record<string, unknown>): void {
  const createdAt = Date.now();
  const job = serverlessJob({
    id: newJobId(createdAt),
    createdAt,
    instance: INSTANCE,
    deliveryType: 'download',
  });
  world.atlas.putJob(GROUP, INSTANCE, { ...ready(createdAt + 60_000)(job), oddities });
}

function fromEnv(name: keyof typeof ENV): string {
  return `\${${name}}`;
}

function secretive(world: World): Record<string, unknown> {
  const whole = world.config() as { channels: Array<Record<string, unknown>> };
  const [webhook, ...others] = whole.channels;
  return {
    ...whole,
    connections: [
      world.connection({
        auth: { type: 'digest', publicKey: PUBLIC_KEY, privateKey: fromEnv('PRIVATE_KEY') },
        retries: 1,
      }),
    ],
    channels: [
      {
        ...webhook,
        url: `${world.webhook.url}?token=${WEBHOOK_TOKEN}`,
        secret: fromEnv('WEBHOOK_SECRET'),
        headers: { authorization: `Bearer ${fromEnv('HEADER_TOKEN')}` },
      },
      ...others,
    ],
    server: { host: '127.0.0.1', port: 0, token: fromEnv('SERVER_TOKEN') },
    log: { level: 'debug', format: 'json' },
  };
}

async function ask(url: string, token: string): Promise<string> {
  const reply = await fetchOnce(url, { headers: { authorization: `Bearer ${token}` } });
  return JSON.stringify([...reply.headers]) + (await reply.text());
}

/** All but the configuration, which is where the secrets may stand. */
async function filesOf({ dir, configFile }: Home): Promise<Array<[name: string, text: string]>> {
  const names = (await readdir(dir)).filter((name) => join(dir, name) !== configFile);
  return Promise.all(
    names.map(async (name): Promise<[string, string]> => {
      const bytes = await readFile(join(dir, name));
      return [`file ${name}`, `${bytes.toString('latin1')}\n`];
    }),
  );
}

/** What gives a secret away, with a little of what is around it. */
function leaksIn(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const place = Math.max(line.search(CANARY), ...IN_BASE64.map((form) => line.indexOf(form)));
    return place < 0 ? [] : [line.slice(Math.max(0, place - 80), place + 60)];
  });
}

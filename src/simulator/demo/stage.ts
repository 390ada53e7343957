import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type AtlasSimulator, startAtlas } from '../atlas/atlas.ts';
import { LINK_CANARY } from '../atlas/jobs/job-steps.ts';
import type { ServiceAccount } from '../atlas/login/oauth-server.ts';
import { TOKEN_CANARY } from '../atlas/login/token-book.ts';
import type { HttpReceiver } from '../receivers/http-receiver.ts';
import {
  type ReceivedSlackMessage,
  SLACK_URL_CANARY,
  startSlackReceiver,
} from '../receivers/slack-receiver.ts';
import { type SmtpSink, startSmtpSink } from '../receivers/smtp-sink.ts';
import { type ReceivedWebhook, startWebhookReceiver } from '../receivers/webhook-receiver.ts';
import { ALL_DEMO_WATCHES, DEMO_GROUP_ID } from './cast.ts';

/** How many restores of the past Atlas lists for each watch: the baseline, which nobody is told of. */
export const PAST_JOBS = 60;

const PUBLIC_KEY = 'demokey';
const CLIENT_ID = 'mdb_sa_id_64b0c1d2e3f4a5b6c7d8e9f0';

/** Where the demo plays: an Atlas with a past, and one receiver of each kind. */
export interface DemoStage {
  atlas: AtlasSimulator;
  slack: HttpReceiver<ReceivedSlackMessage>;
  smtp: SmtpSink;
  webhook: HttpReceiver<ReceivedWebhook>;
  credentials: { publicKey: string; privateKey: string; webhookSecret: string; account: ServiceAccount };
  /** What must be found in no message, log or file: name and value. */
  secrets: ReadonlyArray<{ name: string; value: string }>;
  close(): Promise<void>;
}

/** Starts Atlas and the receivers on free loopback ports, with secrets made up anew. @throws when one of them cannot listen. */
export async function startDemoStage(): Promise<DemoStage> {
  const privateKey = newSecret();
  const password = newSecret();
  const account = { clientId: CLIENT_ID, clientSecret: `mdb_sa_sk_${newSecret()}` };
  const webhookSecret = `whsec_${randomBytes(24).toString('base64')}`;

  const [atlas, slack, smtp, webhook] = await Promise.all([
    startAtlas({ publicKey: PUBLIC_KEY, privateKey, serviceAccount: account }),
    startSlackReceiver(),
    startSmtpSink({ user: 'watcher', password }),
    startWebhookReceiver({ secret: webhookSecret }),
  ]);
  for (const { kind, instanceName } of ALL_DEMO_WATCHES) {
    atlas.addInstance(DEMO_GROUP_ID, instanceName, kind);
    atlas.addPast(DEMO_GROUP_ID, instanceName, PAST_JOBS, { kind });
  }

  return {
    atlas,
    slack,
    smtp,
    webhook,
    credentials: { publicKey: PUBLIC_KEY, privateKey, webhookSecret, account },
    secrets: [
      { name: 'API key', value: privateKey },
      { name: 'client secret', value: account.clientSecret },
      { name: 'access token', value: TOKEN_CANARY },
      { name: 'mail password', value: password },
      { name: 'webhook secret', value: webhookSecret },
      { name: 'Slack URL', value: SLACK_URL_CANARY },
      { name: 'download link', value: LINK_CANARY },
    ],
    close: async () => {
      await Promise.all([atlas, slack, smtp, webhook].map((part) => part.close()));
    },
  };
}

/**
 * The watcher's configuration for this stage: what stands in the file, and the environment that its placeholders are filled from, so
 * that the file holds no secret. The watcher's own files go below `dir`.
 */
export function demoConfig(
  stage: DemoStage,
  { dir, pollSeconds }: { dir: string; pollSeconds: number },
): { file: Record<string, unknown>; env: Record<string, string> } {
  const { credentials, atlas, slack, smtp, webhook } = stage;
  const connection = { baseUrl: atlas.url, requestTimeout: '3s', retries: 2, requestsPerMinute: 600 };
  const file = {
    connections: [
      {
        ...connection,
        name: 'key',
        auth: {
          type: 'digest',
          publicKey: fromEnv('ATLAS_PUBLIC_KEY'),
          privateKey: fromEnv('ATLAS_PRIVATE_KEY'),
        },
      },
      {
        ...connection,
        name: 'account',
        auth: {
          type: 'serviceAccount',
          clientId: fromEnv('ATLAS_CLIENT_ID'),
          clientSecret: fromEnv('ATLAS_CLIENT_SECRET'),
        },
      },
    ],
    watches: ALL_DEMO_WATCHES.map(({ name, kind, instanceName, login, team }) => ({
      name,
      connection: login,
      kind,
      groupId: DEMO_GROUP_ID,
      instanceName,
      schedule: `*/${pollSeconds} * * * * *`,
      labels: { team },
    })),
    channels: [
      { name: 'oncall', type: 'slack', url: fromEnv('SLACK_WEBHOOK_URL') },
      {
        name: 'dba',
        type: 'email',
        smtpUrl: fromEnv('SMTP_URL'),
        from: 'restores@example.com',
        to: ['dba@example.com'],
      },
      { name: 'siem', type: 'webhook', url: fromEnv('WEBHOOK_URL'), secret: fromEnv('WEBHOOK_SECRET') },
    ],
    routes: [{ events: ['*'], channels: ['oncall', 'dba', 'siem'] }],
    store: { url: `sqlite:${join(dir, 'watcher.db')}` },
    audit: { file: join(dir, 'audit.jsonl') },
    server: { host: '127.0.0.1', port: 0 },
    log: { level: 'info', format: 'json' },
  };
  const env = {
    ATLAS_PUBLIC_KEY: credentials.publicKey,
    ATLAS_PRIVATE_KEY: credentials.privateKey,
    ATLAS_CLIENT_ID: credentials.account.clientId,
    ATLAS_CLIENT_SECRET: credentials.account.clientSecret,
    SLACK_WEBHOOK_URL: slack.url,
    SMTP_URL: smtp.url,
    WEBHOOK_URL: webhook.url,
    WEBHOOK_SECRET: credentials.webhookSecret,
  };
  return { file, env };
}

/** A placeholder of the configuration. */
function fromEnv(name: string): string {
  return `\${${name}}`;
}

function newSecret(): string {
  return `CANARY${randomBytes(12).toString('hex')}`;
}

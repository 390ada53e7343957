import { readFileSync } from 'node:fs';
import { parse } from 'jsonc-parser';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { toCloudEvent } from '../../src/domain/event/cloud-event.ts';
import { sampleEvent } from '../../src/domain/event/sample.ts';
import { aWatch, T0 } from '../support/builders.ts';
import { type Block, blocks } from './documents.ts';

const MINIMAL = readFileSync('config/examples/minimal.json', 'utf8');

const env = {
  ATLAS_PUBLIC_KEY: 'public-key',
  ATLAS_PRIVATE_KEY: 'private-key',
  ATLAS_CLIENT_ID: 'mdb_sa_id_0123456789abcdef01234567',
  SLACK_WEBHOOK_URL: 'https://hooks.slack.com/services/T0/B0/x',
  SMTP_URL: 'smtps://user:password@mail.example.com',
  WEBHOOK_URL: 'https://siem.example.com/hook',
  WEBHOOK_SECRET: 'whsec_c2VjcmV0LWtleS1vZi10aGUtdGVzdHM=',
  PAGERDUTY_ROUTING_KEY: '0123456789abcdef0123456789abcdef',
  TEAMS_WORKFLOW_URL: 'https://flows.example.com/invoke?sig=signature',
  SERVER_TOKEN: 'a-token-for-acting-0123',
  VIEW_TOKEN: 'a-token-for-looking-0123',
  HEARTBEAT_URL: 'https://hc-ping.example.com/0b1e5c1e-0000-4000-8000-000000000000',
};

interface ConfigFile {
  connections: object[];
  watches: object[];
  channels: object[];
  routes: object[];
}

/** The channels that the pieces speak of. */
const ONCALL = { name: 'oncall', type: 'slack', url: env.SLACK_WEBHOOK_URL };

/** How a piece of each kind becomes a whole file. */
const AROUND: Record<string, (piece: unknown, file: ConfigFile) => object> = {
  config: (piece) => piece as object,
  connection: (piece, file) => ({ ...file, connections: [piece] }),
  watch: (piece, file) => ({ ...file, watches: [piece] }),
  channel: (piece, file) => ({ ...file, channels: [piece, ...otherChannels(piece)] }),
  route: (piece, file) => ({ ...file, channels: [...file.channels, ONCALL], routes: [piece] }),
  section: (piece, file) => ({ ...file, ...(piece as object) }),
  template: (piece, file) => ({ ...file, channels: [...file.channels, { ...ONCALL, ...(piece as object) }] }),
};

const json = blocks().filter(({ language }) => language.startsWith('json'));

describe('the configurations that the documents show', () => {
  it('say what they are pieces of', () => {
    const nameless = json.filter(({ kind }) => !(kind in AROUND) && kind !== 'payload');
    expect(nameless.map(({ file, line, kind }) => ({ file, line, kind }))).toEqual([]);
  });

  it.each(json.filter(({ kind }) => kind in AROUND).map((block) => [`${block.file}:${block.line}`, block]))(
    '%s loads',
    async (_place, block) => {
      const text = JSON.stringify(whole(block));
      const config = await loadConfig('watcher.config.json', {
        env,
        text,
        readFile: async () => 'c2VjcmV0\n',
      });
      expect(config.watches.length).toBeGreaterThan(0);
    },
  );

  it.each(
    json.filter(({ kind }) => kind === 'payload').map((block) => [`${block.file}:${block.line}`, block]),
  )('%s shows what a webhook gets', (_place, { text }) => {
    const real = toCloudEvent(sampleEvent('failed', { watch: aWatch(), channel: 'siem', now: T0 }));
    expect(keysOf(JSON.parse(text)).filter((key) => !keysOf(real).includes(key))).toEqual([]);
  });
});

function whole({ kind, text }: Block): object {
  const bare = kind === 'section' || kind === 'template';
  return AROUND[kind]?.(parse(bare ? `{${text}}` : text), parse(MINIMAL)) ?? {};
}

/** A channel may name another one as its fallback; and the minimal file routes to `siem`. */
function otherChannels(piece: unknown): object[] {
  const { name } = piece as { name: string };
  const { channels } = parse(MINIMAL) as ConfigFile;
  return [ONCALL, ...channels].filter((channel) => !('name' in channel) || channel.name !== name);
}

/** `data.job.id`, but for what labels are called. */
function keysOf(value: unknown, prefix = ''): string[] {
  if (typeof value !== 'object' || value === null || prefix.endsWith('labels.')) return [];
  return Object.entries(value).flatMap(([key, child]) => [
    `${prefix}${key}`,
    ...keysOf(child, `${prefix}${key}.`),
  ]);
}

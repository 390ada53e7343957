import { createEmailNotifier } from './channels/email.ts';
import { createTeamsNotifier } from './channels/msteams.ts';
import type { Notifier } from './channels/notifier.ts';
import { createPagerDutyNotifier } from './channels/pagerduty.ts';
import type { UrlLimiter } from './channels/rate-limiter.ts';
import { createSlackNotifier } from './channels/slack.ts';
import { createWebhookNotifier } from './channels/webhook.ts';
import { chooseVault } from './choose-vault.ts';
import type { Clock } from './clock.ts';
import type { ChannelConfig, ConnectionConfig } from './config/config.ts';
import { assertNever } from './domain/restore-job.ts';
import type { Logger } from './logger.ts';
import { createAtlasSource } from './source/atlas-source.ts';
import { createConnection, type RequestRecord } from './source/connection.ts';
import { clusterJobs } from './source/kinds/cluster.ts';
import { collectionJobs } from './source/kinds/collection.ts';
import { flexJobs } from './source/kinds/flex.ts';
import { legacyJobs } from './source/kinds/legacy.ts';
import { serverlessJobs } from './source/kinds/serverless.ts';
import type { BudgetState } from './source/paid-send.ts';
import type { JobSource } from './source/source.ts';
import type { SunsetNotice } from './source/sunset-watch.ts';

/** What can be watched. */
const KINDS = [serverlessJobs, flexJobs, clusterJobs, collectionJobs, legacyJobs];

/**
 * One source for each connection, by its name. Nobody is asked for anything yet.
 * @throws {ConfigError} when a `caFile` cannot be used.
 */
export function buildSources(
  connections: readonly ConnectionConfig[],
  deps: {
    clock: Clock;
    logger: Logger;
    /** Access tokens are kept beside it. */
    storeUrl: string;
    onRequest?: (request: RequestRecord) => void;
    onSunset?: (notice: SunsetNotice) => void;
    /** Is told of each connection how its budgets can be read. */
    onBudgets?: (connection: string, read: () => BudgetState[]) => void;
  },
): Map<string, JobSource> {
  const { clock, storeUrl, onBudgets, ...observers } = deps;
  return new Map(
    connections.map((connection) => {
      const vault = chooseVault(connection, storeUrl);
      const options = { ...connection, ...observers, clock, vault, random: Math.random };
      const measured = createConnection(options);
      onBudgets?.(connection.name, measured.budgets);
      return [connection.name, createAtlasSource({ connection: measured, clock, adapters: KINDS })];
    }),
  );
}

/** @throws {WatcherError} code `config`, when a URL, secret or file of the channel cannot be used. */
export function buildNotifier(
  channel: ChannelConfig,
  { clock, limiter }: { clock: Clock; limiter: UrlLimiter },
): Notifier {
  switch (channel.type) {
    case 'slack':
      return createSlackNotifier({ ...channel, channel: channel.name, clock, limiter });
    case 'email':
      return createEmailNotifier({ ...channel, channel: channel.name });
    case 'webhook':
      return createWebhookNotifier({ ...channel, channel: channel.name, clock });
    case 'pagerduty':
      return createPagerDutyNotifier({ ...channel, channel: channel.name, clock });
    case 'msteams':
      return createTeamsNotifier({ ...channel, channel: channel.name, clock, limiter });
    default:
      return assertNever(channel);
  }
}

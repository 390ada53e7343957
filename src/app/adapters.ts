import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { createEmailNotifier } from '../channels/email/email.ts';
import { createTeamsNotifier } from '../channels/msteams/msteams.ts';
import type { Notifier } from '../channels/notifier.ts';
import { createPagerDutyNotifier } from '../channels/pagerduty/pagerduty.ts';
import type { ReceiverLimiter } from '../channels/receiver-limiter.ts';
import { createSlackNotifier } from '../channels/slack/slack.ts';
import { createWebhookNotifier } from '../channels/webhook/webhook.ts';
import type { Clock } from '../clock.ts';
import type { ChannelConfig, ConnectionConfig } from '../config/config.ts';
import { assertNever } from '../domain/job/restore-job.ts';
import { createFaultLog } from '../logging/fault-log.ts';
import type { Logger } from '../logging/logger.ts';
import type { Redactor } from '../net/redact/redactor.ts';
import { createAtlasSource } from '../source/atlas-source.ts';
import type { ShareBudget } from '../source/budget/budget-share.ts';
import type { BudgetState } from '../source/budget/budgets.ts';
import { createConnection } from '../source/connection.ts';
import { clusterJobs } from '../source/kinds/cluster.ts';
import { collectionJobs } from '../source/kinds/collection.ts';
import { flexJobs } from '../source/kinds/flex.ts';
import { legacyJobs } from '../source/kinds/legacy.ts';
import { serverlessJobs } from '../source/kinds/serverless.ts';
import { createFileVault } from '../source/login/vault/file-vault.ts';
import { createMemoryVault, type TokenVault } from '../source/login/vault/token-vault.ts';
import type { SunsetNotice } from '../source/reply/sunset-watch.ts';
import type { JobSource } from '../source/source.ts';
import type { RequestRecord } from '../source/wire/http-exchange.ts';
import { sqlitePath } from '../store/ports/address.ts';
import type { TokenStore } from '../store/ports/replicas/tokens.ts';
import { createSharedVault } from './shared-vault.ts';

/** What can be watched. */
const KINDS = [serverlessJobs, flexJobs, clusterJobs, collectionJobs, legacyJobs];

/** What a source is built with besides its connection. */
export interface SourceDeps {
  clock: Clock;
  logger: Logger;
  redactor: Redactor;
  /** What of each request budget is this process's; all of it unless given. */
  shareBudget?: ShareBudget | undefined;
  /** Access tokens are kept beside it. */
  storeUrl: string;
  /** Where replicas keep those that they share, in place of that; `null`: nobody shares any. */
  tokens?: TokenStore | null;
  onRequest?: (request: RequestRecord) => void;
  onSunset?: (notice: SunsetNotice) => void;
}

/** The source of one connection, and what can be asked of it besides. */
export interface BuiltSource {
  source: JobSource;
  /** What its request budgets have left at the moment. */
  budgets: () => BudgetState[];
}

/**
 * The source of one connection. Nobody is asked for anything yet.
 * @throws {ConfigError} when its `caFile` cannot be used.
 */
export function buildSource(
  config: ConnectionConfig,
  { clock, storeUrl, tokens = null, ...observers }: SourceDeps,
): BuiltSource {
  const vault = chooseVault(config, { storeUrl, tokens });
  const connection = createConnection({ ...config, ...observers, clock, vault, random: Math.random });
  return {
    source: createAtlasSource({
      ...{ connection, clock, adapters: KINDS, redactor: observers.redactor },
      faultLog: createFaultLog(observers.logger, clock),
    }),
    budgets: connection.budgets,
  };
}

/**
 * Replicas keep access tokens in the store that they share; else they are kept beside the store. Where that is no file, or its directory is
 * not there yet, they live as long as the process.
 */
function chooseVault(
  { auth }: ConnectionConfig,
  { storeUrl, tokens }: { storeUrl: string; tokens: TokenStore | null },
): TokenVault {
  if (auth.type === 'serviceAccount' && tokens !== null) return createSharedVault(tokens, auth.clientSecret);
  const path = sqlitePath(storeUrl);
  return auth.type === 'serviceAccount' && path !== null && path !== ':memory:' && existsSync(dirname(path))
    ? createFileVault({ prefix: path, secret: auth.clientSecret })
    : createMemoryVault();
}

/**
 * One source for each connection, by its name. Nobody is asked for anything yet.
 * @throws {ConfigError} when a `caFile` cannot be used.
 */
export function buildSources(
  connections: readonly ConnectionConfig[],
  deps: SourceDeps,
): Map<string, JobSource> {
  return new Map(connections.map((connection) => [connection.name, buildSource(connection, deps).source]));
}

/** What a notifier is built with besides its channel. */
export interface NotifierDeps {
  clock: Clock;
  limiter: ReceiverLimiter;
  logger: Logger;
  redactor: Redactor;
  /** How the audit log was signed last, as a note; absent: nobody knows. */
  readCheckpoint?: (() => Promise<string | null>) | undefined;
}

/** @throws {WatcherError} code `config`, when a URL, secret or file of the channel cannot be used. */
export function buildNotifier(channel: ChannelConfig, deps: NotifierDeps): Notifier {
  const { clock, limiter, logger, redactor, readCheckpoint } = deps;
  switch (channel.type) {
    case 'slack':
      return createSlackNotifier({ ...channel, channel: channel.name, clock, limiter, logger, redactor });
    case 'email':
      return createEmailNotifier({ ...channel, channel: channel.name, logger, redactor, readCheckpoint });
    case 'webhook':
      return createWebhookNotifier({ ...channel, channel: channel.name, clock, limiter, redactor });
    case 'pagerduty':
      return createPagerDutyNotifier({ ...channel, channel: channel.name, clock, limiter, logger, redactor });
    case 'msteams':
      return createTeamsNotifier({ ...channel, channel: channel.name, clock, limiter, logger, redactor });
    default:
      return assertNever(channel);
  }
}

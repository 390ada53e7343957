import type { Watch } from '../domain/job/watch.ts';
import type { Fallback } from '../domain/telling/fallback.ts';
import type { Route } from '../domain/telling/routing.ts';
import type { TestAlert } from '../domain/telling/test-alert.ts';
import type { ConfigIssue } from '../errors.ts';
import type { LoginConfig } from '../net/login-config.ts';
import type { ChannelTemplate } from '../templates/channel-template.ts';

/** The configuration, checked and normalised: every default filled in, every span in milliseconds, every secret resolved. */
export interface WatcherConfig {
  /** The file it was read from. */
  file: string;
  connections: readonly ConnectionConfig[];
  watches: readonly Watch[];
  channels: readonly ChannelConfig[];
  routes: readonly Route[];
  fallbacks: readonly Fallback[];
  testAlert: TestAlert | null;
  store: { url: string };
  audit: { file: string };
  server: { host: string; port: number; token: string | null };
  heartbeat: HeartbeatConfig | null;
  log: { level: 'error' | 'warn' | 'info' | 'debug'; format: 'json' | 'text' };
  /** Not wrong, but worth telling. */
  warnings: readonly ConfigIssue[];
  /** Every value that must never be shown: keys, passwords, tokens, webhook URLs. */
  secrets: readonly string[];
  /** The file as it stands, before `${…}` is replaced. It may hold secrets. */
  text: string;
  /** SHA-256 of `text`, for the audit log. */
  sha256: string;
  /** The files that it refers to (`${file:…}`, `caFile`, `bodyFile`), as written there, with the SHA-256 of what was in them. */
  files: ReadonlyMap<string, string>;
}

export interface HeartbeatConfig {
  url: string;
  everyMs: number;
  /** Called while something is wrong; `null`: nothing is. */
  failUrl: string | null;
}

/** One Atlas (or Ops Manager) base URL with one credential. */
export interface ConnectionConfig {
  name: string;
  /** Origin and perhaps a path, without a trailing slash. */
  baseUrl: string;
  auth: LoginConfig;
  requestTimeoutMs: number;
  /** Further attempts for passing faults, within one poll. */
  retries: number;
  /** Ceiling per project. */
  requestsPerMinute: number;
  caFile: string | null;
}

export type ChannelConfig =
  | SlackChannelConfig
  | EmailChannelConfig
  | WebhookChannelConfig
  | PagerDutyChannelConfig
  | TeamsChannelConfig;

export interface SlackChannelConfig {
  name: string;
  type: 'slack';
  url: string;
  /** IANA zone for the times, beside UTC and each reader's own; `null`: those two alone. */
  timeZone: string | null;
  /** Cron expression, read in `timeZone` or else UTC; `null`: everything is told at once. */
  digest: string | null;
  template: ChannelTemplate | null;
}

export interface EmailChannelConfig {
  name: string;
  type: 'email';
  /** `smtp://` or `smtps://`, with user and password where needed. */
  smtpUrl: string;
  from: string;
  to: readonly string[];
  /** IANA zone for the times in the mail, beside UTC; `null`: UTC alone. */
  timeZone: string | null;
  /** Cron expression, read in `timeZone` or else UTC; `null`: everything is told at once. */
  digest: string | null;
  /** Refuse to send in clear when the server offers no STARTTLS. */
  requireTls: boolean;
  /** PEM file of a private CA. */
  caFile: string | null;
  template: ChannelTemplate | null;
}

export interface WebhookChannelConfig {
  name: string;
  type: 'webhook';
  url: string;
  /** Standard Webhooks secret; `null`: not signed. */
  secret: string | null;
  /** Sent along with every request, for receivers that want a token. */
  headers: Readonly<Record<string, string>>;
  caFile: string | null;
}

export interface PagerDutyChannelConfig {
  name: string;
  type: 'pagerduty';
  routingKey: string;
  url: string;
  /** Its body is `null`: a pager shows none. */
  template: ChannelTemplate | null;
}

export interface TeamsChannelConfig {
  name: string;
  type: 'msteams';
  url: string;
  /** IANA zone for the times, beside UTC; `null`: each reader's own. */
  timeZone: string | null;
  /** Cron expression, read in `timeZone` or else UTC; `null`: everything is told at once. */
  digest: string | null;
  template: ChannelTemplate | null;
}

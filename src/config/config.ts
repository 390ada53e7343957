import type { Drill } from '../domain/drills/drill.ts';
import type { VerifierKey } from '../domain/evidence/signed-note.ts';
import type { Watch } from '../domain/job/watch.ts';
import type { Fallback } from '../domain/telling/fallback.ts';
import type { Route } from '../domain/telling/routing.ts';
import type { TestAlert } from '../domain/telling/test-alert.ts';
import type { ConfigIssue } from '../errors.ts';
import type { LoginConfig } from '../net/login-config.ts';
import type { ChannelTemplate } from '../templates/channel-template.ts';
import type { FilledConfigFile } from './schema/schema.ts';

/** The configuration, checked and normalised: every default filled in, every span in milliseconds, every secret resolved. */
export interface WatcherConfig {
  /** The file it was read from. */
  file: string;
  connections: readonly ConnectionConfig[];
  watches: readonly Watch[];
  channels: readonly ChannelConfig[];
  routes: readonly Route[];
  fallbacks: readonly Fallback[];
  drills: readonly Drill[];
  testAlert: TestAlert | null;
  /** `schema` and `caFile` are of a PostgreSQL. */
  store: { url: string; schema?: string | undefined; caFile?: string | undefined };
  /** For how many milliseconds what is over stays on record (`store.keep`); `null`: for ever. */
  keepMs: number | null;
  audit: AuditConfig;
  /** `token` may act and read, `viewToken` read. */
  server: {
    host: string;
    port: number;
    token: string | null;
    viewToken: string | null;
    /** Anybody may see the badges of watches. */
    publicBadges: boolean;
  };
  /** Where people reach the page (`server.publicUrl`), without a slash at its end; `null`: nobody has told. */
  publicUrl: string | null;
  /** The runbook of those who are on call (`server.runbookUrl`); `null`: nobody has told. */
  runbookUrl: string | null;
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
  /** Of what it says, placeholders unfilled: the same whatever comments, white space and the order of members are. */
  agreement: string;
  /** The files that it refers to (`${file:…}`, `caFile`, `bodyFile`), as written there, with the SHA-256 of what was in them. */
  files: ReadonlyMap<string, string>;
}

/** The record for auditors. */
export interface AuditConfig {
  file: string;
  /** Where checkpoints are written down. */
  checkpoints: string;
  checkpointEveryMs: number;
  /** The name of the log; `null`: it is named after its key. */
  origin: string | null;
  /** `isGiven`: somebody has named it. Otherwise it is made when it is missing. */
  key: { file: string; isGiven: boolean };
  /** For how many milliseconds entries stay in it (`audit.keep`); `null`: for ever. */
  keepMs: number | null;
  /** Who cosigns its checkpoints. */
  witnesses: ReadonlyArray<{ url: string; key: VerifierKey; caFile: string | null }>;
  /** The logs that are cosigned here for others. */
  witnessFor: readonly VerifierKey[];
}

/** A dead man's switch, called over and over while all is well. */
export interface HeartbeatConfig {
  url: string;
  everyMs: number;
  /** Called while something is wrong; `null`: nothing is. */
  failUrl: string | null;
  caFile: string | null;
  /** The last checkpoint of the audit log goes with each call. */
  checkpoint: boolean;
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

type WrittenChannel = FilledConfigFile['channels'][number];

/** A channel as its notifier gets it: each key of its schema that is not for others; what is left out is `null`. */
export type ChannelConfig = NormalisedChannel<WrittenChannel>;

/** Apart for each type of channel. */
type NormalisedChannel<Written> = Written extends WrittenChannel
  ? { [Key in keyof Written as Exclude<Key, NotForNotifiers>]-?: NormalisedKey<Key, Written[Key]> } & {
      /** For one attempt; `null` on a mail channel: what the protocol allows for each step. */
      timeoutMs: Written extends { type: 'email' } ? number | null : number;
      /** As `WatcherConfig.publicUrl`: what messages lead to. */
      publicUrl?: string | null;
    }
  : never;

/** Keys of a channel that the rules and the watcher go by, or that notifiers get in another form. */
export type NotForNotifiers = 'allowHttp' | 'fallback' | 'fallbackAfter' | 'timeout';

/** The words of a template have been read; everything else has the type of the schema. */
type NormalisedKey<Key, Value> = Key extends 'template'
  ? ChannelTemplate | null
  : undefined extends Value
    ? Exclude<Value, undefined> | null
    : Value;

import type { JobKind } from './domain/job/restore-job.ts';

/** Root of every error this program raises on purpose: one line for people, a `code` for scripts, a `hint` for what to do next. */
export class WatcherError extends Error {
  readonly code: string;
  readonly hint: string | undefined;

  constructor(code: string, message: string, options: { hint?: string | undefined; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = options.hint;
  }
}

/** One fault of the configuration: where (`watches[0].schedule`) and what was expected there. */
export interface ConfigIssue {
  path: string;
  message: string;
  /** Of the file, from 1: where the path stands, or what it would stand in. Absent where there is no text to point at. */
  line?: number;
}

/** `watches[0].schedule: expected … (line 12)`; an issue of the whole file says its place itself. */
export function issueText({ path, message, line }: ConfigIssue): string {
  if (path === '') return message;
  return line === undefined ? `${path}: ${message}` : `${path}: ${message} (line ${line})`;
}

/** The configuration cannot be used. Carries every fault at once; nothing has been started. */
export class ConfigError extends WatcherError {
  readonly issues: readonly ConfigIssue[];

  constructor(
    file: string,
    issues: readonly ConfigIssue[],
    options: { hint?: string | undefined; cause?: unknown } = {},
  ) {
    const count = issues.length === 1 ? '1 fault' : `${issues.length} faults`;
    super('config', `${file}: ${count} in the configuration`, options);
    this.issues = issues;
  }
}

/**
 * Why Atlas could not be read. A small closed set, so that it can be counted and shown.
 * `auth` credential or role; `refused` access list, unpaid, tier; `not_found` project or instance; `wrong_kind` right name, other API;
 * `gone` past its sunset; `bad_request` Atlas rejects the request; `rate_limited`; `unavailable` 5xx or network; `timeout`;
 * `bad_response` not what the API documents.
 */
export type SourceReason =
  | 'auth'
  | 'refused'
  | 'not_found'
  | 'wrong_kind'
  | 'gone'
  | 'bad_request'
  | 'rate_limited'
  | 'unavailable'
  | 'timeout'
  | 'bad_response';

/**
 * What a failed answer of Atlas is about, as far as the answer tells. Classified once, in `source/reply/`; nobody else reads Atlas's codes.
 *
 * - `credential`: the API key or service account is unknown, expired or may not log in.
 * - `access_list`: the address of this machine is not on the API access list of the credential.
 * - `project`: it does not exist, the credential has no role in it, it is unpaid or has used up its rate limit.
 * - `instance`: with `not_found` it does not exist; with `bad_request` it exists and its backups are switched off; with `refused` its
 *   tier, or a missing permission, forbids the reading.
 * - `kind`: the instance exists and is of another kind than was asked for, or the API of this kind has ended.
 * - `job`: there is no such restore job.
 * - `request`: Atlas refuses what was asked for and names nothing of the above.
 */
export type SourceSubject =
  | 'credential'
  | 'access_list'
  | 'project'
  | 'instance'
  | 'kind'
  | 'job'
  | 'request';

/** What a `SourceError` knows besides its reason and its message. Each field describes itself on `SourceError`. */
export interface SourceErrorOptions {
  subject?: SourceSubject | null | undefined;
  suggestedKind?: JobKind | null | undefined;
  /** HTTP status, when there was a reply. */
  status?: number | undefined;
  /** Atlas's own `errorCode`. */
  atlasCode?: string | undefined;
  /** True for passing faults: worth another try within the same poll. */
  retryable?: boolean;
  /** How long the server asked us to wait, in milliseconds. */
  retryAfterMs?: number | undefined;
  hint?: string | undefined;
  cause?: unknown;
}

/** A read from Atlas failed. Nothing was learned about any job: "could not read" is never "empty". */
export class SourceError extends WatcherError {
  readonly reason: SourceReason;
  /** `null` where Atlas itself has said nothing: the network, a proxy, a gateway or a broken answer failed, or the request was never sent. */
  readonly subject: SourceSubject | null;
  /** The kind under which Atlas says that the jobs of the instance are to be read; `null` where it names none. */
  readonly suggestedKind: JobKind | null;
  readonly status: number | undefined;
  readonly atlasCode: string | undefined;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(reason: SourceReason, message: string, options: SourceErrorOptions = {}) {
    super(`source_${reason}`, message, { hint: options.hint, cause: options.cause });
    this.reason = reason;
    this.subject = options.subject ?? null;
    this.suggestedKind = options.suggestedKind ?? null;
    this.status = options.status;
    this.atlasCode = options.atlasCode;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/**
 * Why a channel did not take a message. `refused` the destination is gone or we may not use it; `rejected` it does not like this
 * content; `rate_limited`; `unavailable` 5xx or network; `timeout`.
 */
export type DeliveryReason = 'refused' | 'rejected' | 'rate_limited' | 'unavailable' | 'timeout';

/** One recipient of a message was refused, for a reason of its own. */
export interface RecipientRefusal {
  /** The bare address. */
  recipient: string;
  fault: DeliveryError;
}

/** A delivery attempt failed. The adapter classifies (`retryable`), the dispatcher decides. */
export class DeliveryError extends WatcherError {
  readonly reason: DeliveryReason;
  readonly status: number | undefined;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  /** Where every recipient was refused, and not all of them for good: each with its reason. */
  readonly refused: readonly RecipientRefusal[];
  /** The refusal is final by its status, but may be a mishap where the receiver has accepted lately: a deployment behind a gateway. */
  readonly mayBeMishap: boolean;
  /** `false`: nothing was sent, so this says nothing about the receiver and is no attempt. */
  readonly wasTried: boolean;

  constructor(
    reason: DeliveryReason,
    message: string,
    options: {
      retryable: boolean;
      refused?: readonly RecipientRefusal[];
      mayBeMishap?: boolean;
      status?: number | undefined;
      retryAfterMs?: number | undefined;
      wasTried?: boolean;
      hint?: string | undefined;
      cause?: unknown;
    },
  ) {
    super(`delivery_${reason}`, message, { hint: options.hint, cause: options.cause });
    this.reason = reason;
    this.status = options.status;
    this.retryable = options.retryable;
    this.retryAfterMs = options.retryAfterMs;
    this.refused = options.refused ?? [];
    this.mayBeMishap = options.mayBeMishap ?? false;
    this.wasTried = options.wasTried ?? true;
  }
}

/**
 * `unavailable` cannot be written or read; `conflict` another daemon has it; `schema_too_new` made by a newer program; `damaged` the file
 * is not a sound database; `fenced` the lease under which it was to be written is not ours any more.
 */
export type StoreReason = 'unavailable' | 'conflict' | 'schema_too_new' | 'damaged' | 'fenced';

/** The store cannot be used. No transaction was half done, and none was done unless it `isInDoubt`. */
export class StoreError extends WatcherError {
  readonly reason: StoreReason;
  /** The answer to a commit was lost: what was asked for is written whole, or not at all. Whoever asks for it again looks first. */
  readonly isInDoubt: boolean;
  /** It may well be gone in a moment, with nobody doing anything about it here: the server is away, or starts. */
  readonly isPassing: boolean;

  constructor(
    reason: StoreReason,
    message: string,
    options: {
      hint?: string | undefined;
      cause?: unknown;
      isPassing?: boolean;
      isInDoubt?: boolean;
    } = {},
  ) {
    super(`store_${reason}`, message, { hint: options.hint, cause: options.cause });
    this.reason = reason;
    this.isInDoubt = options.isInDoubt ?? false;
    this.isPassing = options.isPassing ?? false;
  }
}

/** Coerces whatever was thrown into an Error, once, at the catch. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

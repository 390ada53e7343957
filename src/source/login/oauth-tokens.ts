import type { Clock } from '../../clock.ts';
import { SourceError, toError } from '../../errors.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Refusal } from '../reply/refusal.ts';
import { type Cooldown, createCooldown } from './cooldown.ts';
import type { FreshToken } from './oauth-request.ts';
import { createSharedWork } from './shared-work.ts';
import type { StoredToken, TokenVault } from './vault/token-vault.ts';

/** A token is renewed with this share of its life left, and at least a minute before its end. */
const MARGIN_SHARE = 0.1;
const MARGIN_MS = 60_000;

/**
 * One that was made in place of another and is refused as well is not replaced within a minute of its making: where a server refuses
 * every token that it makes, sixty an hour leave room below the 100 live ones that a service account may have.
 */
const PROBATION_MS = 60_000;

/** For a missing role so many tokens are made in an hour, starts of the process included; more of them only this far apart. */
const FREELY_AN_HOUR = 5;
const APART_MS = 300_000;
const HOUR_MS = 3_600_000;

/** A request that was refused. */
export interface RefusedToken {
  token: string;
  refusal: Refusal;
  /** When the request asked for its token, by the monotonic clock: one made since then is as new as can be. */
  askedAt: number;
}

/** The access tokens of one service account. */
export interface AccessTokens {
  /**
   * A token that is good for now. There is one for all; it is asked for, or renewed, when somebody needs it, once for everybody.
   * Where it cannot be renewed in time, the old one is used to its end. Rejects with the signal's reason when that aborts.
   * @throws {SourceError}
   */
  get(signal: AbortSignal): Promise<string>;
  /**
   * One to use in place of a token that was refused; `null` when there is no point in asking for another.
   * @throws {SourceError}
   */
  replace(refused: RefusedToken, signal: AbortSignal): Promise<string | null>;
  /** It has been accepted. */
  accepted(token: string): void;
  /** A role is missing, also with the newest token: a later process will not begin with it. Resolves when that is kept. */
  roleRefused(): Promise<void>;
  /** See `Cooldown.forgive`. */
  forgive(): void;
  /** Those that a server could quote to us. */
  known(): string[];
}

/** Times are the monotonic clock's. */
interface Held {
  stored: StoredToken;
  /** When this process made it; before all time for one of an earlier process. */
  madeAt: number;
  /** What the token was refused for in whose place it was made. */
  madeFor: Refusal | null;
  obtainedAt: number;
  renewAt: number;
  endsAt: number;
}

/** What the tokens of a service account are kept and asked for with. */
interface AccessTokensOptions {
  connection: string;
  /** Under which the token is kept. */
  key: string;
  request: (signal: AbortSignal) => Promise<FreshToken>;
  vault: TokenVault;
  clock: Clock;
  logger: Logger;
}

/** The tokens of a service account, none of which is in hand. The vault is looked at when the first one is needed. */
export function createAccessTokens(options: AccessTokensOptions): AccessTokens {
  return new KeptTokens(options);
}

class KeptTokens implements AccessTokens {
  readonly #options: AccessTokensOptions;
  readonly #keep: (token: StoredToken) => Promise<void>;
  readonly #cooldown: Cooldown;
  readonly #renewed: (signal: AbortSignal) => Promise<Held>;
  #held: Held | null = null;
  #lastRefused: string | null = null;
  /** What the next one is made for. */
  #madeFor: Refusal | null = null;
  #madeAt: readonly number[] = [];
  #hasLooked = false;
  #hasWarned = false;

  constructor(options: AccessTokensOptions) {
    this.#options = options;
    this.#keep = createKeeper(options);
    this.#cooldown = createCooldown(options.clock);
    this.#renewed = createSharedWork((signal) => this.#renew(signal));
  }

  forgive(): void {
    this.#cooldown.forgive();
  }

  async get(signal: AbortSignal): Promise<string> {
    const held = this.#held;
    if (held !== null && (this.#isFresh(held) || (this.#isAlive(held) && this.#cooldown.isOn())))
      return held.stored.accessToken;
    try {
      return (await this.#renewed(signal)).stored.accessToken;
    } catch (error) {
      const left = this.#held;
      if (signal.aborted || left === null || !this.#isAlive(left)) throw error;
      if (!this.#hasWarned) warnOfEnd(error, left, this.#options);
      this.#hasWarned = true;
      return left.stored.accessToken;
    }
  }

  async replace(refused: RefusedToken, signal: AbortSignal): Promise<string | null> {
    const held = this.#held;
    if (held !== null && held.stored.accessToken !== refused.token) return held.stored.accessToken;
    if (held !== null) {
      if (!isWorthReplacing(held, refused, this.#options.clock)) return null;
      this.#lastRefused = refused.token;
      this.#madeFor = refused.refusal;
      this.#held = null;
    }
    return (await this.#renewed(signal)).stored.accessToken;
  }

  accepted(token: string): void {
    if (this.#held === null || this.#held.stored.accessToken !== token || this.#held.stored.isAccepted)
      return;
    this.#held = { ...this.#held, stored: { ...this.#held.stored, isAccepted: true } };
    void this.#keep(this.#held.stored);
  }

  async roleRefused(): Promise<void> {
    if (this.#held === null || this.#held.stored.isRoleRefused) return;
    this.#held = { ...this.#held, stored: { ...this.#held.stored, isRoleRefused: true } };
    await this.#keep(this.#held.stored);
  }

  known(): string[] {
    return [this.#held?.stored.accessToken, this.#lastRefused].flatMap((token) => token ?? []);
  }

  async #renew(signal: AbortSignal): Promise<Held> {
    const { vault, key } = this.#options;
    if (vault.renew) {
      // Before the others are kept out: who waits here must not make them wait.
      await this.#cooldown.pass(signal);
      const renewed = await this.#renewAlone(vault.renew, signal);
      if (renewed !== null) return renewed;
    }
    if (!this.#hasLooked) {
      const stored = await vault.read(key).catch(() => null);
      this.#hasLooked = true;
      const adopted = this.#adopt(stored);
      if (adopted !== null) return adopted;
    }
    await this.#cooldown.pass(signal);
    const made = await this.#make(signal);
    await this.#keep(made.stored); // before it is used: a crash from now on does not cost another
    return made;
  }

  /** As one of several processes that use the account: another one may have made a token by now. */
  async #renewAlone(alone: NonNullable<TokenVault['renew']>, signal: AbortSignal): Promise<Held | null> {
    let renewed: Held | null = null;
    await alone(this.#options.key, async (kept) => {
      renewed = this.#adopt(kept);
      if (renewed !== null) return null;
      const made = await this.#make(signal);
      renewed = made;
      return made.stored;
    });
    this.#hasLooked = true;
    return renewed;
  }

  /** Takes the token that is kept; `null`: it is of no use, or known already. */
  #adopt(stored: StoredToken | null): Held | null {
    const { clock } = this.#options;
    const isNews = stored !== null && stored.accessToken !== this.#lastRefused;
    if (!isNews || stored.accessToken === this.#held?.stored.accessToken) return null;
    const kept = hold(stored, clock, { madeAt: Number.NEGATIVE_INFINITY, madeFor: null });
    this.#madeAt = stored.madeAt;
    if (this.#held === null || kept.endsAt > this.#held.endsAt) this.#held = kept;
    if (!this.#isFresh(kept)) return null;
    if (!(stored.isRoleRefused && mayMakeMore(this.#madeAt, clock))) return kept;
    this.#madeFor = 'role';
    return null;
  }

  async #make(signal: AbortSignal): Promise<Held> {
    const { clock, request } = this.#options;
    try {
      const { accessToken, lifeMs } = await request(signal);
      const obtainedAt = clock.now();
      const isSuccessor = this.#madeFor !== null;
      this.#madeAt = [...withinHour(this.#madeAt, obtainedAt), obtainedAt];
      const fresh = { isAccepted: false, isSuccessor, isRoleRefused: false, madeAt: this.#madeAt };
      const made = hold({ accessToken, obtainedAt, expiresAt: obtainedAt + lifeMs, ...fresh }, clock, {
        madeAt: clock.monotonic(),
        madeFor: this.#madeFor,
      });
      this.#held = made;
      this.#madeFor = null;
      this.#cooldown.end();
      this.#hasWarned = false;
      return made;
    } catch (error) {
      if (!signal.aborted && error instanceof SourceError) this.#cooldown.begin(error);
      throw error;
    }
  }

  #isFresh({ renewAt }: Held): boolean {
    return this.#options.clock.monotonic() < renewAt;
  }

  #isAlive({ endsAt }: Held): boolean {
    return this.#options.clock.monotonic() < endsAt;
  }
}

function warnOfEnd(
  error: unknown,
  { endsAt }: Held,
  { connection, clock, logger }: { connection: string; clock: Clock; logger: Logger },
): void {
  const secondsLeft = Math.round((endsAt - clock.monotonic()) / 1000);
  logger.warn('The access token cannot be renewed; the one in hand is used to its end', {
    connection,
    secondsLeft,
    err: toError(error),
    hint: error instanceof SourceError ? error.hint : undefined,
  });
}

/** Keeps tokens for the next start, one after the other: the newest wins. Warns where a token cannot be kept, and never rejects. */
function createKeeper({
  connection,
  key,
  vault,
  logger,
}: {
  connection: string;
  key: string;
  vault: TokenVault;
  logger: Logger;
}): (token: StoredToken) => Promise<void> {
  let writing: Promise<void> = Promise.resolve();
  return (token) => {
    writing = writing
      .then(() => vault.write(key, token))
      .catch((error: unknown) =>
        logger.warn('The access token cannot be kept for the next start, which will ask for a new one', {
          connection,
          err: toError(error),
        }),
      );
    return writing;
  };
}

/** Another token may be taken for what this one is not. */
function isWorthReplacing(held: Held, { refusal, askedAt }: RefusedToken, clock: Clock): boolean {
  const { stored, madeAt, madeFor, obtainedAt } = held;
  const isYoung = (since: number): boolean => clock.monotonic() - since < PROBATION_MS;
  const isAboutLogin = refusal === 'login' || (refusal === 'either' && !stored.isRoleRefused);
  if (isAboutLogin) return stored.isAccepted || !(stored.isSuccessor && isYoung(obtainedAt));
  const isTried = madeFor !== null && madeFor !== 'login' && isYoung(madeAt);
  return madeAt < askedAt && !isTried && mayMakeMore(stored.madeAt, clock);
}

function mayMakeMore(madeAt: readonly number[], clock: Clock): boolean {
  const now = clock.now();
  const lately = withinHour(madeAt, now);
  return lately.length < FREELY_AN_HOUR || now - (lately.at(-1) ?? 0) >= APART_MS;
}

function withinHour(madeAt: readonly number[], now: number): number[] {
  return madeAt.filter((at) => at > now - HOUR_MS && at <= now);
}

/** One from an earlier process is not trusted for longer than its whole life, should the wall clock have stepped back meanwhile. */
function hold(stored: StoredToken, clock: Clock, made: Pick<Held, 'madeAt' | 'madeFor'>): Held {
  const lifeMs = stored.expiresAt - stored.obtainedAt;
  const leftMs = Math.min(lifeMs, stored.expiresAt - clock.now());
  const marginMs = Math.min(Math.max(lifeMs * MARGIN_SHARE, MARGIN_MS), lifeMs / 2);
  const endsAt = clock.monotonic() + leftMs;
  return { ...made, stored, obtainedAt: endsAt - lifeMs, renewAt: endsAt - marginMs, endsAt };
}

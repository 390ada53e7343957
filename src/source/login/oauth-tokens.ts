import type { Clock } from '../../clock.ts';
import { SourceError, toError } from '../../errors.ts';
import type { Logger } from '../../logging/logger.ts';
import { createCooldown } from './cooldown.ts';
import type { FreshToken } from './oauth-request.ts';
import { createSharedWork } from './shared-work.ts';
import type { StoredToken, TokenVault } from './token-vault.ts';

/** A token is renewed with this share of its life left, and at least a minute before its end. */
const MARGIN_SHARE = 0.1;
const MARGIN_MS = 60_000;

/**
 * A token that has never been accepted is not replaced within a minute of its making: where a server refuses every token that it
 * makes, sixty an hour leave room below the 100 live ones that a service account may have.
 */
const PROBATION_MS = 60_000;

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
  replace(refused: string, signal: AbortSignal): Promise<string | null>;
  /** It has been accepted. */
  accepted(token: string): void;
  /** Those that a server could quote to us. */
  known(): string[];
}

/** Times are the monotonic clock's. */
interface Held {
  stored: StoredToken;
  obtainedAt: number;
  renewAt: number;
  endsAt: number;
}

/** The tokens of a service account, none of which is in hand. The vault is looked at when the first one is needed. */
export function createAccessTokens(options: {
  connection: string;
  /** Under which the token is kept. */
  key: string;
  request: (signal: AbortSignal) => Promise<FreshToken>;
  vault: TokenVault;
  clock: Clock;
  logger: Logger;
}): AccessTokens {
  const { connection, key, request, vault, clock, logger } = options;
  const keep = createKeeper(options);
  const cooldown = createCooldown(clock);
  const renewed = createSharedWork(renew);
  let held: Held | null = null;
  let lastRefused: string | null = null;
  let hasLooked = false;
  let hasWarned = false;

  async function renew(signal: AbortSignal): Promise<Held> {
    if (!hasLooked) {
      const stored = await vault.read(key).catch(() => null);
      hasLooked = true;
      held = stored === null ? null : hold(stored, clock);
      if (held !== null && isFresh(held)) return held;
    }
    await cooldown.pass(signal);
    try {
      const { accessToken, lifeMs } = await request(signal);
      const obtainedAt = clock.now();
      held = hold({ accessToken, obtainedAt, expiresAt: obtainedAt + lifeMs, isAccepted: false }, clock);
      cooldown.end();
      hasWarned = false;
    } catch (error) {
      if (!signal.aborted && error instanceof SourceError) cooldown.begin(error);
      throw error;
    }
    await keep(held.stored); // before it is used: a crash from now on does not cost another
    return held;
  }

  const isFresh = ({ renewAt }: Held): boolean => clock.monotonic() < renewAt;
  const isAlive = ({ endsAt }: Held): boolean => clock.monotonic() < endsAt;

  function warnOfEnd(error: unknown, { endsAt }: Held): void {
    if (hasWarned) return;
    hasWarned = true;
    const secondsLeft = Math.round((endsAt - clock.monotonic()) / 1000);
    logger.warn('The access token cannot be renewed; the one in hand is used to its end', {
      connection,
      secondsLeft,
      err: toError(error),
      hint: error instanceof SourceError ? error.hint : undefined,
    });
  }

  return {
    get: async (signal) => {
      if (held !== null && (isFresh(held) || (isAlive(held) && cooldown.isOn())))
        return held.stored.accessToken;
      try {
        return (await renewed(signal)).stored.accessToken;
      } catch (error) {
        if (signal.aborted || held === null || !isAlive(held)) throw error;
        warnOfEnd(error, held);
        return held.stored.accessToken;
      }
    },
    replace: async (refused, signal) => {
      if (held?.stored.accessToken === refused) {
        if (!held.stored.isAccepted && clock.monotonic() < held.obtainedAt + PROBATION_MS) return null;
        held = null;
        lastRefused = refused;
      }
      return held === null ? (await renewed(signal)).stored.accessToken : held.stored.accessToken;
    },
    accepted: (token) => {
      if (held === null || held.stored.accessToken !== token || held.stored.isAccepted) return;
      held = { ...held, stored: { ...held.stored, isAccepted: true } };
      void keep(held.stored);
    },
    known: () => [held?.stored.accessToken, lastRefused].flatMap((token) => token ?? []),
  };
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

/** One from an earlier process is not trusted for longer than its whole life, should the wall clock have stepped back meanwhile. */
function hold(stored: StoredToken, clock: Clock): Held {
  const lifeMs = stored.expiresAt - stored.obtainedAt;
  const leftMs = Math.min(lifeMs, stored.expiresAt - clock.now());
  const marginMs = Math.min(Math.max(lifeMs * MARGIN_SHARE, MARGIN_MS), lifeMs / 2);
  const endsAt = clock.monotonic() + leftMs;
  return { stored, obtainedAt: endsAt - lifeMs, renewAt: endsAt - marginMs, endsAt };
}

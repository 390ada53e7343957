import type { Clock } from '../../clock.ts';
import { SourceError } from '../../errors.ts';

/** After a passing fault: this long, doubling while it repeats. */
const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;

/** After a refusal, which only somebody's doing will change. */
const AFTER_REFUSAL_MS = 60_000;

/** Nobody waits longer than this; who would have to is told why instead. */
const PATIENCE_MS = 30_000;

/** The time for which a server is left in peace after a fault, however many ask. */
export interface Cooldown {
  /** Begins, or prolongs while faults repeat: a second at first, doubling up to a minute; a minute after a refusal. */
  begin(because: SourceError): void;
  /** Ends at once: all is well again. */
  end(): void;
  /** Ends, unless the server has asked for it: somebody says that what was wrong is mended. */
  forgive(): void;
  isOn(): boolean;
  /**
   * Waits for its end. Rejects with the signal's reason when that aborts.
   * @throws {SourceError} the one that it began with, when that will not pass by itself, or asks for more patience than a poll has.
   */
  pass(signal: AbortSignal): Promise<void>;
}

/** A cooldown that is not on. */
export function createCooldown(clock: Clock): Cooldown {
  let fault: SourceError | null = null;
  let until = Number.NEGATIVE_INFINITY;
  let inARow = 0;

  const end = (): void => {
    inARow = 0;
    fault = null;
    until = Number.NEGATIVE_INFINITY;
  };
  const leftMs = (): number => Math.max(0, until - clock.monotonic());

  return {
    begin: (because) => {
      inARow += 1;
      fault = because;
      const own = Math.min(LONGEST_MS, FIRST_MS * 2 ** (inARow - 1));
      const ms = because.retryable ? Math.max(own, because.retryAfterMs ?? 0) : AFTER_REFUSAL_MS;
      until = clock.monotonic() + ms;
    },
    end,
    forgive: () => {
      if (fault?.retryAfterMs === undefined) end();
    },
    isOn: () => leftMs() > 0,
    pass: async (signal) => {
      const ms = leftMs();
      if (fault === null || ms === 0) return;
      if (!fault.retryable) throw fault;
      if (ms > PATIENCE_MS) throw askedToWait(fault, ms);
      await clock.sleep(Math.ceil(ms), signal);
    },
  };
}

/** The same, to be tried again when the time has come. */
function askedToWait(
  { reason, message, subject, status, atlasCode, hint }: SourceError,
  retryAfterMs: number,
): SourceError {
  return new SourceError(reason, message, {
    subject,
    status,
    atlasCode,
    hint,
    retryable: true,
    retryAfterMs,
  });
}

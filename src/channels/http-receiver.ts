import type { Clock } from '../clock.ts';
import { formatSpan } from '../domain/instant.ts';
import { DeliveryError } from '../errors.ts';
import { limitTime } from '../net/limit-time.ts';
import { cancelledFault, type HttpReply, httpFault, networkFault } from './http-outcome.ts';
import type { Leave } from './notifier.ts';
import type { ReceiverLimiter } from './receiver-limiter.ts';
import type { Scrub } from './scrub.ts';

/** For one exchange, where the configuration says nothing else. */
export const HTTP_TIMEOUT_MS = 30_000;

/** What a receiver over HTTP is spoken to with. */
export interface HttpReceiverOptions {
  /** As it is called in errors (`Slack`). */
  name: string;
  /** What it counts requests by: an address, or an address with a key. Secret. */
  key: string;
  /** Between two requests, in milliseconds. */
  intervalMs: number;
  /** For one exchange, in milliseconds; waiting for a turn is not included. */
  timeoutMs: number;
  limiter: ReceiverLimiter;
  clock: Clock;
  scrub: Scrub;
  /** Judges an answer: `null` when the receiver has accepted. It scrubs what it quotes. Without it any 2xx accepts. */
  faultOf?: (reply: HttpReply, scrub: Scrub, now: number) => DeliveryError | null;
}

/** One request of a message. */
export interface Asked extends Leave {
  /** It goes out although the receiver has asked for silence: somebody wants it tried now. */
  isUrgent: boolean;
}

/** A receiver over HTTP: asked at its pace, left alone while it has asked for silence. */
export interface HttpReceiver {
  /**
   * Asks in its turn; resolves when the receiver has accepted.
   * @param exchange one request and its answer; rejects as `fetch` does.
   * @throws {DeliveryError} classified; `wasTried` is false when the request did not go out.
   */
  ask(exchange: (leave: Leave) => Promise<HttpReply>, asked: Asked): Promise<HttpReply>;
  /** How much longer it is to be left alone, in milliseconds. */
  pausedMs(): number;
}

/** The one place where a channel over HTTP waits for its turn, keeps silence, asks, and hears how long it is to be silent. */
export function createHttpReceiver(options: HttpReceiverOptions): HttpReceiver {
  const { name, key, intervalMs, timeoutMs, limiter, clock, scrub } = options;
  const { faultOf = byStatus(name) } = options;

  const awaitTurn = async ({ signal, isUrgent }: Asked): Promise<void> => {
    if (!isUrgent) throwIfPaused(options);
    await limiter.turn(key, intervalMs, signal).catch(() => {
      throw cancelledFault(name, { wasTried: false });
    });
    // Another message may have met a silence meanwhile.
    if (!isUrgent) throwIfPaused(options);
  };

  return {
    ask: async (exchange, asked) => {
      await awaitTurn(asked);
      const sentAt = clock.monotonic();
      const { signal, lastLook } = asked;
      const limit = limitTime(signal, timeoutMs);
      const reply = await exchange({ signal: limit.signal, lastLook })
        .catch((thrown: unknown) => {
          throw thrown instanceof DeliveryError ? thrown : networkFault(thrown, name, timeoutMs, signal);
        })
        .finally(limit.end);
      const fault = faultOf(reply, scrub, clock.now());
      limiter.note(key, fault, sentAt);
      if (fault) throw fault;
      return reply;
    },
    pausedMs: () => limiter.pausedMs(key),
  };
}

function byStatus(name: string): NonNullable<HttpReceiverOptions['faultOf']> {
  return (reply, scrub, now) => httpFault({ ...reply, body: scrub(reply.body) }, name, now);
}

function throwIfPaused({ name, key, limiter }: HttpReceiverOptions): void {
  const leftMs = limiter.pausedMs(key);
  if (leftMs === 0) return;
  throw new DeliveryError('rate_limited', `${name} has asked for silence for another ${formatSpan(leftMs)}`, {
    retryable: true,
    retryAfterMs: leftMs,
    wasTried: false,
  });
}

import type { Notifier } from '../../channels/notifier.ts';
import { DeliveryError, toError } from '../../errors.ts';
import type { OutboxReader } from '../../store/ports/outbox.ts';
import type { ClockSteps } from '../schedule/clock-steps.ts';
import { USUAL_PACE } from '../schedule/pace.ts';
import { createConfidence } from './confidence.ts';
import { createDispatcher, type DispatchDeps, type Dispatcher } from './dispatch.ts';
import { createSendTimes } from './send-times.ts';

const FAULT_WAIT_MS = 2_000;

/** A send that was cut short and has not ended after so long is left behind. */
const SETTLE_MS = 2_000;

/** What a worker works with. */
export interface ChannelWorkerDeps extends Omit<DispatchDeps, 'confidence'> {
  store: DispatchDeps['store'] & Pick<OutboxReader, 'nextDueAt'>;
  /** The outbox is looked at this often at least: another process (a redrive) may have made something due. */
  lookEveryMs?: number;
  steps: Pick<ClockSteps, 'settle'>;
}

/** The loop that delivers for one channel. */
export interface ChannelWorker {
  /** Something may be due: look now. */
  wake(): void;
  /**
   * Claims nothing more, lets the sends in hand finish for `graceMs`, then cuts them short. Resolves when none is in hand and all ends are
   * recorded; with `givesUp`, what cannot be recorded by then is given up. Safe to call again with less.
   */
  stop(graceMs: number, how?: { givesUp: boolean }): Promise<void>;
}

/**
 * Delivers for one channel until stopped, on its own: a receiver that hangs holds up nobody else. A fault of the store is logged, and it is
 * tried again; the loop never ends by itself.
 */
export function startChannelWorker(deps: ChannelWorkerDeps): ChannelWorker {
  const worker = new Worker(deps);
  const done = worker.run();
  return {
    wake: () => worker.wake(),
    stop: async (graceMs, { givesUp } = { givesUp: true }) => {
      worker.end();
      const timer = setTimeout(() => worker.cut(givesUp), graceMs);
      await done.finally(() => clearTimeout(timer));
    },
  };
}

class Worker {
  readonly #deps: ChannelWorkerDeps;
  readonly #dispatcher: Dispatcher;
  readonly #cut = new AbortController();
  readonly #abandon = new AbortController();
  readonly #bell = createBell();
  /** Claims of which not everything is recorded. */
  readonly #inHand = new Set<Promise<void>>();
  #isStopping = false;
  /** Monotonic: nothing is claimed before. */
  #restsUntil = Number.NEGATIVE_INFINITY;

  constructor(deps: ChannelWorkerDeps) {
    this.#deps = deps;
    const confidence = createConfidence(deps.clock, createSendTimes(deps.clock));
    const parts = {
      notifier: endingWhenCut(deps.notifier),
      confidence,
      abandon: this.#abandon.signal,
    };
    this.#dispatcher = createDispatcher({ ...deps, ...parts }, this.#bell.ring);
  }

  /** Resolves when it was ended and nothing is in hand. */
  async run(): Promise<void> {
    while (!this.#isStopping) {
      const waitMs = await this.#look();
      if (!this.#isStopping) await this.#bell.wait(waitMs);
    }
    await Promise.all(this.#inHand);
  }

  wake(): void {
    this.#bell.ring();
  }

  end(): void {
    this.#isStopping = true;
    this.#bell.ring();
  }

  cut(givesUp: boolean): void {
    this.#cut.abort(new Error('the send was cut short'));
    if (givesUp) this.#abandon.abort();
  }

  /** Begins what is due; says how long to wait before the next look, in milliseconds, unless the bell rings before. */
  async #look(): Promise<number> {
    const { store, clock, notifier, faultLog, steps, lookEveryMs = USUAL_PACE.lookEveryMs } = this.#deps;
    const { channel } = notifier;
    const restsMs = this.#restsUntil - clock.monotonic();
    if (restsMs > 0) return restsMs;
    try {
      await steps.settle();
      const { claimed, isFull, quietMs, ended } = await this.#dispatcher.begin(this.#cut.signal);
      if (claimed > 0) this.#keep(ended);
      faultLog.clear(`outbox ${channel}`, 'The outbox is worked on again', { channel });
      // What is in hand rings when it ends.
      if (claimed > 0 || isFull || this.#dispatcher.inHand > 0) return lookEveryMs;
      const dueAt = await store.nextDueAt(channel);
      return dueAt === null ? lookEveryMs : Math.min(lookEveryMs, Math.max(1, quietMs, dueAt - clock.now()));
    } catch (thrown) {
      return this.#report(thrown);
    }
  }

  #keep(ended: Promise<unknown>): void {
    const kept = ended.then(
      () => {},
      (thrown: unknown) => {
        this.#restsUntil = this.#deps.clock.monotonic() + this.#report(thrown);
      },
    );
    this.#inHand.add(kept);
    void kept.then(() => this.#inHand.delete(kept));
  }

  #report(thrown: unknown): number {
    const { faultLog, notifier } = this.#deps;
    const { channel } = notifier;
    const error = toError(thrown);
    const message = `The outbox cannot be worked on: ${error.message}`;
    faultLog.report(`outbox ${channel}`, message, { channel, err: error }, 'error');
    return FAULT_WAIT_MS;
  }
}

/**
 * The same notifier, whose sends end when they are cut short whether or not their adapter listens: nobody could stop a channel
 * otherwise, and its successor would never begin. What was left behind may still be accepted, and is then sent twice.
 */
function endingWhenCut(notifier: Notifier): Notifier {
  const ending =
    (send: Notifier['send']): Notifier['send'] =>
    async (notices, signal) => {
      const left = Promise.withResolvers<never>();
      let timer: NodeJS.Timeout | undefined;
      const onCut = (): void => {
        timer = setTimeout(() => left.reject(leftBehind(signal.reason)), SETTLE_MS);
      };
      if (signal.aborted) onCut();
      else signal.addEventListener('abort', onCut, { once: true });
      try {
        return await Promise.race([send(notices, signal), left.promise]);
      } finally {
        signal.removeEventListener('abort', onCut);
        clearTimeout(timer);
      }
    };
  const { digest } = notifier;
  return {
    ...notifier,
    send: ending(notifier.send),
    ...(digest ? { digest: { ...digest, send: ending(digest.send) } } : {}),
  };
}

function leftBehind(cause: unknown): DeliveryError {
  return new DeliveryError('timeout', 'the send was cut short, and did not end', { retryable: true, cause });
}

/** A wait that can be cut short. A ring while nobody waits is kept for the next wait. */
function createBell(): { ring: () => void; wait: (ms: number) => Promise<void> } {
  let rung = false;
  let answer: (() => void) | null = null;
  return {
    ring: () => {
      rung = true;
      answer?.();
    },
    wait: async (ms) => {
      if (!rung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          answer = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      rung = false;
      answer = null;
    },
  };
}

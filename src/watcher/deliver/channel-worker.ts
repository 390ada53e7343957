import type { Notifier } from '../../channels/notifier.ts';
import { DeliveryError, toError } from '../../errors.ts';
import type { OutboxReader } from '../../store/ports/outbox.ts';
import type { ClockSteps } from '../schedule/clock-steps.ts';
import { USUAL_PACE } from '../schedule/pace.ts';
import { createConfidence } from './confidence.ts';
import { type DispatchDeps, dispatchOnce } from './dispatch.ts';

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
   * Claims nothing more, lets the sends in hand finish for `graceMs`, then cuts them short. Resolves when none is in hand. Safe to call
   * again with less.
   */
  stop(graceMs: number): Promise<void>;
}

/**
 * Delivers for one channel until stopped, on its own: a receiver that hangs holds up nobody else. A pass that fails is logged and
 * tried again; the loop never ends by itself.
 */
export function startChannelWorker(deps: ChannelWorkerDeps): ChannelWorker {
  const cut = new AbortController();
  const bell = createBell();
  const passDeps = {
    ...deps,
    notifier: endingWhenCut(deps.notifier),
    confidence: createConfidence(deps.clock),
  };
  let isStopping = false;

  const loop = async (): Promise<void> => {
    while (!isStopping) {
      const waitMs = await pass(passDeps, cut.signal);
      if (!isStopping && waitMs > 0) await bell.wait(waitMs);
    }
  };
  const done = loop();

  return {
    wake: bell.ring,
    stop: async (graceMs) => {
      isStopping = true;
      bell.ring();
      const timer = setTimeout(() => cut.abort(new Error('the send was cut short')), graceMs);
      await done.finally(() => clearTimeout(timer));
    },
  };
}

/** One pass; says how long to wait before the next, in milliseconds. */
async function pass(deps: ChannelWorkerDeps & DispatchDeps, signal: AbortSignal): Promise<number> {
  const { store, clock, notifier, faultLog, steps, lookEveryMs = USUAL_PACE.lookEveryMs } = deps;
  const { channel } = notifier;
  try {
    await steps.settle();
    const { mayHaveMore, quietMs } = await dispatchOnce(deps, signal);
    faultLog.clear(`outbox ${channel}`, 'The outbox is worked on again', { channel });
    if (mayHaveMore) return 0;
    const dueAt = await store.nextDueAt(channel);
    return dueAt === null ? lookEveryMs : Math.min(lookEveryMs, Math.max(1, quietMs, dueAt - clock.now()));
  } catch (thrown) {
    const error = toError(thrown);
    faultLog.report(
      `outbox ${channel}`,
      `The outbox cannot be worked on: ${error.message}`,
      { channel, err: error },
      'error',
    );
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

import type { Notifier } from '../../channels/notifier.ts';
import { toError } from '../../errors.ts';
import type { OutboxReader } from '../../store/ports/outbox.ts';
import { USUAL_PACE } from '../schedule/pace.ts';
import { type DispatchDeps, dispatchOnce } from './dispatch.ts';

const FAULT_WAIT_MS = 2_000;

/** What a worker works with. */
export interface ChannelWorkerDeps extends DispatchDeps {
  store: DispatchDeps['store'] & Pick<OutboxReader, 'nextDueAt'>;
  /** The outbox is looked at this often at least: another process (a redrive) may have made something due. */
  lookEveryMs?: number;
}

/** The loop that delivers for one channel. */
export interface ChannelWorker {
  readonly notifier: Notifier;
  /** Something may be due: look now. */
  wake(): void;
  /** Claims nothing more, lets the sends in hand finish for `graceMs`, then cuts them short. Safe to call twice. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Delivers for one channel until stopped, on its own: a receiver that hangs holds up nobody else. A pass that fails is logged and
 * tried again; the loop never ends by itself.
 */
export function startChannelWorker(deps: ChannelWorkerDeps): ChannelWorker {
  const cut = new AbortController();
  const bell = createBell();
  let isStopping = false;

  const loop = async (): Promise<void> => {
    while (!isStopping) {
      const waitMs = await pass(deps, cut.signal);
      if (!isStopping && waitMs > 0) await bell.wait(waitMs);
    }
  };
  const done = loop();

  return {
    notifier: deps.notifier,
    wake: bell.ring,
    stop: async (graceMs) => {
      isStopping = true;
      bell.ring();
      const timer = setTimeout(() => cut.abort(new Error('shutting down')), graceMs);
      await done;
      clearTimeout(timer);
    },
  };
}

/** One pass; says how long to wait before the next, in milliseconds. */
async function pass(deps: ChannelWorkerDeps, signal: AbortSignal): Promise<number> {
  const { store, clock, notifier, faultLog, lookEveryMs = USUAL_PACE.lookEveryMs } = deps;
  const { channel } = notifier;
  try {
    const { mayHaveMore } = await dispatchOnce(deps, signal);
    faultLog.clear(`outbox ${channel}`, 'The outbox is worked on again', { channel });
    if (mayHaveMore) return 0;
    const dueAt = await store.nextDueAt(channel);
    return dueAt === null ? lookEveryMs : Math.min(lookEveryMs, Math.max(1, dueAt - clock.now()));
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

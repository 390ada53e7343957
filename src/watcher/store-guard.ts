import type { Clock } from '../clock.ts';
import { formatSpan } from '../domain/instant.ts';
import { StoreError, toError } from '../errors.ts';
import type { FaultLog } from '../logging/fault-log.ts';
import type { LeaseStore } from '../store/ports/leases.ts';
import type { StoreProbe } from '../store/ports/life.ts';
import type { StoreFault } from './status.ts';

/** Nothing is written while nothing changes: so it is tried so often whether it could be. */
const PROBE_EVERY_MS = 15_000;
/** While it could not. */
const PROBE_AGAIN_MS = 5_000;
/** A store that has not answered a probe for so long hangs. */
const ANSWER_WITHIN_MS = 30_000;

/** A store that can be guarded, whatever it is written under. */
export type Guardable<Store> = StoreProbe & Pick<LeaseStore<Store>, 'under'>;

/** Knows whether what is found can be written down. */
export interface StoreGuard<Store> {
  /** The store as it was, except that a StoreError of any method is noted on its way to the caller. */
  readonly store: Store;
  /** `null` while the store does its work. */
  fault(): StoreFault | null;
  /** A sign of life from outside, about once a second: tries from time to time whether the store can be written. */
  beat(): void;
}

/**
 * A fault begins with any StoreError, and ends with a write that succeeded (`checkWritable`): that something could be read, or that
 * nothing was to be written, proves nothing. One that damage is the reason for lasts as long as the process: some other page can
 * always be written.
 */
export function createStoreGuard<Store extends Guardable<Store>>(
  store: Store,
  { clock, faultLog }: { clock: Clock; faultLog: FaultLog },
): StoreGuard<Store> {
  let fault: (StoreFault & Pick<StoreError, 'reason'>) | null = null;
  let probeBegunAt: number | null = null;
  let probedAt = clock.monotonic();

  const note = ({
    message,
    reason,
    hint = null,
  }: Pick<StoreError, 'message' | 'reason'> & { hint?: string | null | undefined }): void => {
    if (fault !== null && (fault.reason === 'damaged' || (fault.reason === reason && fault.hint === hint)))
      return;
    fault = { message, hint, reason, since: fault?.since ?? clock.now() };
    faultLog.report('store', `The store fails: ${message}`, hint === null ? {} : { hint }, 'error');
  };

  const probe = async (): Promise<void> => {
    probeBegunAt = clock.monotonic();
    try {
      await store.checkWritable();
      if (fault?.reason === 'damaged') return;
      fault = null;
      faultLog.clear('store', 'The store can be written again');
    } catch (thrown) {
      note(
        thrown instanceof StoreError ? thrown : { message: toError(thrown).message, reason: 'unavailable' },
      );
    } finally {
      probeBegunAt = null;
      probedAt = clock.monotonic();
    }
  };

  const lookAtProbe = (begunAt: number): void => {
    const forMs = clock.monotonic() - begunAt;
    if (forMs < ANSWER_WITHIN_MS) return;
    const message = `no answer for more than ${formatSpan(ANSWER_WITHIN_MS)}`;
    note({ message, reason: 'unavailable', hint: 'Does its disk still answer? A restart may help.' });
  };

  return {
    store: noting(store, note),
    fault: () => fault && { message: fault.message, hint: fault.hint, since: fault.since },
    beat: () => {
      if (probeBegunAt !== null) lookAtProbe(probeBegunAt);
      else if (clock.monotonic() - probedAt >= (fault === null ? PROBE_EVERY_MS : PROBE_AGAIN_MS))
        void probe();
    },
  };
}

/** Every method rejects as before. That a lease is not ours any more says nothing about the store. */
function noting<Store extends Guardable<Store>>(store: Store, note: (error: StoreError) => void): Store {
  const under: Store['under'] = (lease) => noting(store.under(lease), note);
  return new Proxy(store, {
    get: (target, name) => {
      if (name === 'under') return under;
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return async (...args: unknown[]): Promise<unknown> => {
        try {
          return await method.apply(target, args);
        } catch (thrown) {
          if (thrown instanceof StoreError && thrown.reason !== 'fenced') note(thrown);
          throw thrown;
        }
      };
    },
  });
}

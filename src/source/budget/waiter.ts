import type { Clock } from '../../clock.ts';
import type { Permit } from './permit.ts';
import type { RateGate } from './rate-gate.ts';

/** Who can wait has waited enough: from then on it may use what is kept for the urgent ones (whom it still lets go first). */
const PATIENCE_MS = 300_000;

/** One request that waits for its permit. */
export interface Waiter {
  readonly gate: RateGate;
  /** How many have to be free at once. */
  readonly needed: number;
  readonly isUrgent: boolean;
  /** True for the urgent ones, and for those that have waited for five minutes: they may use what is kept for the urgent ones. */
  isPressing(): boolean;
  /** Milliseconds until it becomes pressing. */
  untilPressingMs(): number;
  grant(permit: Permit): void;
  refuse(reason: unknown): void;
}

/**
 * Lets a request wait. `permit` resolves or rejects when the waiter is granted or refused, or rejects with the signal's reason when that
 * aborts first; `onLeave` is called then.
 */
export function createWaiter(
  want: Pick<Waiter, 'gate' | 'needed' | 'isUrgent'>,
  options: { signal: AbortSignal; clock: Clock; onLeave: (waiter: Waiter) => void },
): { waiter: Waiter; permit: Promise<Permit> } {
  const { signal, clock, onLeave } = options;
  const patientUntil = clock.monotonic() + PATIENCE_MS;
  const { promise: permit, resolve, reject } = Promise.withResolvers<Permit>();

  const onAbort = (): void => {
    reject(signal.reason);
    onLeave(waiter);
  };
  const settle = (): void => signal.removeEventListener('abort', onAbort);
  const waiter: Waiter = {
    ...want,
    isPressing: () => want.isUrgent || clock.monotonic() >= patientUntil,
    untilPressingMs: () => patientUntil - clock.monotonic(),
    grant: (granted) => {
      settle();
      resolve(granted);
    },
    refuse: (reason) => {
      settle();
      reject(reason);
    },
  };
  signal.addEventListener('abort', onAbort, { once: true });
  return { waiter, permit };
}

/**
 * Asks gates how long a waiter has to wait, for one round over all waiters: a gate that was closed to one need not be asked again for
 * those who press no harder. They wait without end in this round, since the one before them has said when the gate opens.
 */
export function createGateRound(): (waiter: Waiter) => number {
  const closed = new Map<RateGate, { toPressing: boolean }>();
  return (waiter) => {
    const { gate } = waiter;
    const isPressing = waiter.isPressing();
    const known = closed.get(gate);
    if (known && (known.toPressing || !isPressing)) return Number.POSITIVE_INFINITY;
    const wait = gate.waitMs(isPressing);
    if (wait > 0) closed.set(gate, { toPressing: isPressing });
    return isPressing ? wait : Math.min(wait, waiter.untilPressingMs());
  };
}

import type { Clock } from '../../clock.ts';
import { formatSpan } from '../../domain/instant.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Lease } from '../../store/ports/replicas/lease.ts';
import type { SpanScope, SpanStore } from '../../store/ports/spans.ts';

/** What clocks are corrected by all the time is no step. */
const LEAST_STEP_MS = 5_000;

/**
 * Keeps spans right that are counted from times in the store, though the wall clock steps: a reminder in an hour comes in an hour, a
 * delivery of a minute ago is not a day late. A machine that slept counts as one whose clock has stepped: nothing was tried meanwhile.
 */
export interface ClockSteps {
  /**
   * To be called once, before anything else is written: a clock that shows less than the store knows was set back while no process ran.
   * One that was set forward meanwhile cannot be told from time that has passed.
   * @throws {StoreError}
   */
  begin(): Promise<void>;
  /**
   * To be awaited before a look at what is due: by then the times in the store go by the clock as it is.
   * @throws {StoreError} and then it is tried again at the next call.
   */
  settle(): Promise<void>;
}

/** Where spans are kept, whatever they are moved under. */
export type LeasedSpans = SpanStore & { under(lease: Lease): LeasedSpans };

/** The spans that are one replica's. */
export interface OwnSpans {
  of: SpanScope;
  leases: readonly Lease[];
}

/** What steps are found with, and where spans are kept. */
export interface ClockStepDeps {
  store: LeasedSpans;
  clock: Pick<Clock, 'now' | 'monotonic'>;
  logger: Logger;
  /** What this replica counts by its clock, and its leases on that; `null`: everything, since it has the store alone. That is so unless given. */
  scope?: () => OwnSpans | null;
  /** Is told when the times in the store have been moved. */
  onMoved?: () => void;
}

/** Begins to watch the clock at once. */
export function createClockSteps({
  store,
  clock,
  logger,
  scope = () => null,
  onMoved,
}: ClockStepDeps): ClockSteps {
  const offset = (): number => clock.now() - clock.monotonic();
  let lastOffset = offset();
  /** Found, and not made up for yet. */
  let owedMs = 0;
  let turn: Promise<void> = Promise.resolve();

  const look = (): void => {
    const stepMs = Math.round(offset() - lastOffset);
    lastOffset += stepMs;
    if (Math.abs(stepMs) >= LEAST_STEP_MS) owedMs += stepMs;
  };
  const makeUp = async (): Promise<void> => {
    const byMs = owedMs;
    if (Math.abs(byMs) < LEAST_STEP_MS) return;
    const own = scope();
    // All of it in one transaction, or a step would be made up for twice where half of it fails.
    const fenced = (own?.leases ?? []).reduce((whole, lease) => whole.under(lease), store);
    await fenced.moveSpans({ byMs, at: clock.now(), of: own?.of });
    onMoved?.();
    owedMs -= byMs;
    const way = byMs > 0 ? 'forward' : 'back';
    logger.warn(
      `The clock was set ${way} by ${formatSpan(Math.abs(byMs))}; what was waited for moves along`,
      {
        byMs,
      },
    );
  };
  const settle = (): Promise<void> => {
    look();
    const before = turn.catch(() => undefined);
    if (owedMs === 0) return before;
    turn = before.then(makeUp);
    return turn;
  };

  return {
    begin: async () => {
      // Of several replicas another one has written last, by another clock.
      const lastAt = scope() === null ? await store.lastWrittenAt() : null;
      const behindMs = lastAt === null ? 0 : lastAt - clock.now();
      if (behindMs > 0) owedMs -= behindMs;
      await settle();
    },
    settle,
  };
}

import type { Clock } from '../../clock.ts';
import { formatSpan } from '../../domain/instant.ts';
import { SourceError, toError } from '../../errors.ts';
import { createPollProgress, type PollProgress } from './progress.ts';

/** A poll that was told to stop and has not ended after this long is left behind. */
const SETTLE_MS = 3_000;

/** A poll under way, of a watch or of one target. It ends in any case: by itself, cut short, or left behind. */
export interface PollInHand<Report> {
  /** What it came to. A fault that nobody expected is a failed poll like any other: never rejects. */
  readonly report: Promise<Report>;
  /** For how long nothing has come of it; see `PollProgress`. */
  idleMs(): number;
  /** Something of it waits for its turn in the request budget. */
  isWaiting(): boolean;
  /** It was told to stop. */
  wasAborted(): boolean;
  /** A sign of life from outside, about once a second: cuts the poll short when nothing has come of it for `patienceMs`. */
  beat(): void;
  /** Tells it to stop, for this reason. */
  abort(reason: Error): void;
}

/**
 * Begins a poll. One that does not end when its signal aborts is left behind, and its report is a failure with the abort's reason; it must
 * write nothing any more then.
 * @param failed makes the report of a poll that has come to nothing.
 */
export function beginPoll<Report>(
  poll: (signal: AbortSignal, progress: PollProgress) => Promise<Report>,
  { clock, patienceMs, failed }: { clock: Clock; patienceMs: number; failed: (failure: Error) => Report },
): PollInHand<Report> {
  const progress = createPollProgress(clock);
  const stop = new AbortController();
  let isOver = false;
  let settling: AbortController | null = null;
  const leftBehind = Promise.withResolvers<Report>();

  const abort = (reason: Error): void => {
    if (stop.signal.aborted) return;
    stop.abort(reason);
    if (isOver) return;
    // Only now: to abort one makes an error with its stack, which would be one for each poll.
    settling = new AbortController();
    clock.sleep(SETTLE_MS, settling.signal).then(
      () => leftBehind.resolve(failed(reason)),
      () => undefined,
    );
  };

  const own = poll(stop.signal, progress).catch((thrown: unknown) => failed(toError(thrown)));
  return {
    report: Promise.race([own, leftBehind.promise]).finally(() => {
      isOver = true;
      settling?.abort();
    }),
    idleMs: progress.idleMs,
    isWaiting: progress.isWaiting,
    wasAborted: () => stop.signal.aborted,
    beat: () => {
      if (stop.signal.aborted || progress.idleMs() < patienceMs) return;
      abort(
        new SourceError(
          'timeout',
          `a poll was cut short, since nothing came of it for ${formatSpan(progress.idleMs())}`,
          { hint: HINT },
        ),
      );
    },
    abort,
  };
}

/** What to do about a poll of which nothing comes. */
export const HINT =
  'It is tried again by itself. When that goes on: does a proxy or firewall on the way take requests and answer nothing?';

import type { Clock } from '../../clock.ts';
import { EVENT_KINDS } from '../../domain/event/event-kinds.ts';
import { formatSpan, type Timestamp } from '../../domain/instant.ts';
import type { WatcherSignals } from '../../signals.ts';
import type { ChannelStatus } from '../status.ts';

/** A channel that accepts nothing for this long counts as failing; one that gives something up does so at once. */
const FAILING_AFTER_MS = 600_000;

/** What is to be told of a channel. */
export type ChannelNews =
  | { kind: 'failing'; summary: string; note: string | null }
  | { kind: 'recovered'; summary: string; note: string };

/** How one channel is doing, and what of it was told. Tells nobody itself. */
export class ChannelCondition {
  readonly #clock: Clock;
  readonly #channel: string;
  /** Monotonic: of the first failed attempt since the last acceptance. */
  #failingSince: number | null;
  /** For how long it had accepted nothing when this process began; counts when the next attempt fails as well. */
  #failedBeforeMs: number;
  #hasGivenUp = false;
  #detail = '';
  /** Told, and not recovered since; wall clock. */
  #toldAt: Timestamp | null;

  constructor(
    clock: Clock,
    channel: string,
    { toldAt, failedBeforeMs }: { toldAt: Timestamp | null; failedBeforeMs: number },
  ) {
    this.#clock = clock;
    this.#channel = channel;
    this.#toldAt = toldAt;
    this.#failingSince = toldAt === null ? null : clock.monotonic();
    this.#failedBeforeMs = failedBeforeMs;
  }

  /** Notes how an attempt to deliver ended. @returns whether that may be news at once. */
  noteAttempt({ outcome, detail, recipient }: WatcherSignals['delivery:recorded']): boolean {
    // One recipient who is refused for now (greylisted, a full mailbox) is no fault of the channel, which others are reached by.
    if (recipient !== null && outcome === 'retry') return false;
    if (outcome === 'delivered') {
      this.#failingSince = null;
      this.#failedBeforeMs = 0;
      this.#hasGivenUp = false;
    } else {
      this.#failingSince ??= this.#clock.monotonic() - this.#failedBeforeMs;
      this.#hasGivenUp ||= outcome === 'given_up';
      this.#detail = detail;
    }
    return this.#hasGivenUp || this.#toldAt !== null;
  }

  /** What is to be told at this moment; `null`: nothing that was not told. */
  news(): ChannelNews | null {
    if (this.#toldAt === null) return this.#isFailing ? this.#failingNews() : null;
    return this.#failingSince === null && !this.#isFailing ? this.#recoveredNews(this.#toldAt) : null;
  }

  /** Notes that the news was told, at `at`. */
  noteTold({ kind }: ChannelNews, at: Timestamp): void {
    this.#toldAt = kind === 'failing' ? at : null;
  }

  status(): Omit<ChannelStatus, 'waitsForMs'> {
    const failing = this.#toldAt === null ? null : { since: this.#toldAt, detail: this.#detail };
    return { channel: this.#channel, failing };
  }

  get #isFailing(): boolean {
    return this.#hasGivenUp || this.#failingForMs >= FAILING_AFTER_MS;
  }

  get #failingForMs(): number {
    return this.#failingSince === null ? 0 : this.#clock.monotonic() - this.#failingSince;
  }

  #failingNews(): ChannelNews {
    const silentForMs = this.#hasGivenUp ? null : this.#failingForMs;
    const summary = EVENT_KINDS.channel_failing.summary({ channel: this.#channel, silentForMs });
    return { kind: 'failing', summary, note: this.#detail || null };
  }

  #recoveredNews(toldAt: Timestamp): ChannelNews {
    return {
      kind: 'recovered',
      summary: EVENT_KINDS.channel_recovered.summary({ channel: this.#channel }),
      note: `It was told to be failing ${formatSpan(this.#clock.now() - toldAt)} ago.`,
    };
  }
}

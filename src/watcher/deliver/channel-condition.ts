import type { Clock } from '../../clock.ts';
import { EVENT_KINDS } from '../../domain/event/event-kinds.ts';
import { formatSpan, type Timestamp } from '../../domain/instant.ts';
import type { WatcherSignals } from '../../signals.ts';
import type { ChannelStatus } from '../status.ts';

/** A channel that accepts nothing for this long counts as failing; one that gives something up does so at once. */
const FAILING_AFTER_MS = 600_000;

/** A channel has recovered when so long nothing of all that was wrong, and it accepts: one that fails now and then is told of once. */
const CALM_AFTER_MS = 600_000;

/** What is to be told of a channel. */
export type ChannelNews =
  | { kind: 'failing'; summary: string; note: string | null }
  | { kind: 'recovered'; summary: string; note: string };

/** How a channel was doing before this process began, by what the store knows. */
export interface ChannelPast {
  /** Since when it is told to be failing, by the wall clock; `null`: it is not. */
  toldAt: Timestamp | null;
  /** For how long it had accepted nothing; counts when the next attempt fails as well. */
  failedBeforeMs: number;
  /** How much of the last day it has given up and nobody has redriven. */
  givenUp: number;
  /** It has accepted something since it was told to be failing, and nothing has failed since. */
  hasAcceptedSince: boolean;
}

/** Of a channel of which the store knows nothing bad. */
export const UNKNOWN_PAST: ChannelPast = {
  toldAt: null,
  failedBeforeMs: 0,
  givenUp: 0,
  hasAcceptedSince: false,
};

/**
 * How one channel is doing, and what of it was told. Tells nobody itself. It fails while something of the last day is given up and not
 * redriven, and while it accepts nothing for ten minutes; it has recovered when neither was so for ten minutes and it accepts.
 */
export class ChannelCondition {
  readonly #clock: Clock;
  readonly #channel: string;
  /** Monotonic: of the first failed attempt since the last acceptance. */
  #failingSince: number | null;
  /** For how long it had accepted nothing when this process began; counts when the next attempt fails as well. */
  #failedBeforeMs: number;
  #givenUp: number;
  /** Monotonic: since when it accepts and nothing is wrong; `null`: something is, or it has not accepted since. */
  #calmSince: number | null = null;
  #detail = '';
  /** Told, and not recovered since; wall clock. */
  #toldAt: Timestamp | null;

  constructor(clock: Clock, channel: string, past: ChannelPast) {
    this.#clock = clock;
    this.#channel = channel;
    this.#toldAt = past.toldAt;
    this.#failingSince = past.toldAt === null || past.hasAcceptedSince ? null : clock.monotonic();
    this.#failedBeforeMs = past.failedBeforeMs;
    this.#givenUp = past.givenUp;
    this.#noteCalm();
  }

  /** Notes how an attempt to deliver ended. @returns whether there is news at once. */
  noteAttempt({ outcome, detail, recipient }: WatcherSignals['delivery:recorded']): boolean {
    // One recipient who is refused for now (greylisted, a full mailbox) is no fault of the channel, which others are reached by.
    if (recipient !== null && outcome === 'retry') return false;
    // It may have failed for ten minutes by now.
    this.#noteCalm();
    if (outcome === 'delivered') {
      this.#failingSince = null;
      this.#failedBeforeMs = 0;
    } else {
      this.#failingSince ??= this.#clock.monotonic() - this.#failedBeforeMs;
      if (outcome === 'given_up') this.#givenUp += 1;
      this.#detail = detail;
    }
    this.#noteCalm();
    return this.news() !== null;
  }

  /** Notes how much of the last day is given up and not redriven, by the store. */
  noteGivenUp(count: number): void {
    this.#noteCalm();
    this.#givenUp = count;
    this.#noteCalm();
  }

  /** It is told to be failing. */
  get isTold(): boolean {
    return this.#toldAt !== null;
  }

  /** What is to be told at this moment; `null`: nothing that was not told. */
  news(): ChannelNews | null {
    if (this.#toldAt === null) return this.#isFailing ? this.#failingNews() : null;
    return this.#hasBeenCalm ? this.#recoveredNews(this.#toldAt) : null;
  }

  /** Notes that the news was told, at `at`. */
  noteTold({ kind }: ChannelNews, at: Timestamp): void {
    this.noteRaised(kind === 'failing' ? at : null);
  }

  /** Notes since when it is told to be failing, by the store; `null`: it is not. */
  noteRaised(toldAt: Timestamp | null): void {
    if (toldAt === this.#toldAt) return;
    this.#toldAt = toldAt;
    this.#calmSince = null;
    this.#noteCalm();
  }

  /** What was told of it is closed, for it had left the configuration: nothing of before counts. */
  noteClosed(): void {
    this.#toldAt = null;
    this.#calmSince = null;
    this.#failingSince = null;
    this.#failedBeforeMs = 0;
    this.#givenUp = 0;
    this.#noteCalm();
  }

  status(): Pick<ChannelStatus, 'channel' | 'failing'> {
    const failing = this.#toldAt === null ? null : { since: this.#toldAt, detail: this.#detail };
    return { channel: this.#channel, failing };
  }

  get #isFailing(): boolean {
    return this.#givenUp > 0 || this.#failingForMs >= FAILING_AFTER_MS;
  }

  get #failingForMs(): number {
    return this.#failingSince === null ? 0 : this.#clock.monotonic() - this.#failingSince;
  }

  /** An attempt that fails does not end the calm, as long as something is accepted within ten minutes. */
  #noteCalm(): void {
    if (this.#isFailing) this.#calmSince = null;
    else if (this.#failingSince === null) this.#calmSince ??= this.#clock.monotonic();
  }

  get #hasBeenCalm(): boolean {
    if (this.#failingSince !== null || this.#calmSince === null) return false;
    return this.#clock.monotonic() - this.#calmSince >= CALM_AFTER_MS;
  }

  #failingNews(): ChannelNews {
    const silentForMs = this.#givenUp > 0 ? null : this.#failingForMs;
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

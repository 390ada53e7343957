import type { Clock } from '../../../clock.ts';
import type { Timestamp } from '../../../domain/instant.ts';
import type { JobKind } from '../../../domain/job/restore-job.ts';
import { type FeedMemory, feedSince, heard, UNHEARD } from '../../../domain/polling/feed-memory.ts';
import { feedPeriodMs, livelyNews } from '../../../domain/polling/hint.ts';
import type { Distrust } from '../../../domain/polling/trust.ts';
import { SourceError, toError } from '../../../errors.ts';
import type { JobSource, ReadOptions } from '../../../source/source.ts';

/** A look that comes so early, as part of the period, goes by the answer that is there: several watches share a feed. */
const EARLY = 0.75;

/** How a feed is asked. */
export interface FeedLook extends ReadOptions {
  /** What happened since then is wanted, by Atlas's clock; see `feedSince`. */
  backTo?: Timestamp | null;
}

/** Why a feed cannot be read. */
export interface FeedRefusal {
  reason: Exclude<Distrust, 'missed'>;
  /** The credential may not read it, and not before somebody has changed that. */
  isForbidden: boolean;
  detail: string;
  /** Since when every look came to that; monotonic. */
  sinceMono: number;
}

/** A job that was found, and of which it is not known yet whether the feed has told of it. */
export interface OpenJob {
  id: string;
  kind: JobKind;
  watch: string;
  /** When it began, by Atlas's clock. */
  at: Timestamp;
}

/** The activity feed of one project over one connection, with what is known of it. All that ends in `Mono` is monotonic. */
export class ProjectFeed {
  readonly groupId: string;
  readonly connection: string;
  readonly #source: JobSource;
  readonly #clock: Clock;
  #memory: FeedMemory = UNHEARD;
  #askedMono = Number.NEGATIVE_INFINITY;
  #answeredMono: number | null = null;
  #newsMono: readonly number[] = [];
  #refusal: FeedRefusal | null = null;
  #fault: string | null = null;
  #inHand: Promise<void> | null = null;
  #isSlow = false;
  /** By id. */
  readonly open = new Map<string, OpenJob>();

  constructor(clock: Clock, source: JobSource, place: { connection: string; groupId: string }) {
    this.#clock = clock;
    this.#source = source;
    this.connection = place.connection;
    this.groupId = place.groupId;
  }

  get memory(): FeedMemory {
    return this.#memory;
  }

  /** When events came that were news, the latest last. */
  get newsMono(): readonly number[] {
    return this.#newsMono;
  }

  /** Why the last look was refused, or could not be understood; `null`: it was not, or nothing came of it. */
  get refusal(): FeedRefusal | null {
    return this.#refusal;
  }

  /** What was wrong with the last look, for people; `null`: nothing, or nothing has come of it yet. */
  get fault(): string | null {
    return this.#fault;
  }

  /** When it answered last; `null`: it never has. */
  get answeredMono(): number | null {
    return this.#answeredMono;
  }

  /** For how long it has not answered; `null`: it never has. */
  get unheardMs(): number | null {
    return this.#answeredMono === null ? null : this.#clock.monotonic() - this.#answeredMono;
  }

  /** It has answered since then, or so shortly before that whoever looked then need not ask: several watches share a feed. */
  hasAnsweredSince(mono: number, gapMs: number): boolean {
    return this.#answeredMono !== null && this.#answeredMono >= mono - feedPeriodMs(gapMs) * EARLY;
  }

  /**
   * Asks for what is new, unless it was asked within this period or is being asked. Resolves when nothing is in hand any more, or at once
   * where that was not worth waiting for already; never rejects for a fault of Atlas.
   */
  look(gapMs: number, options: FeedLook): Promise<void> {
    const isDue = this.#clock.monotonic() - this.#askedMono >= feedPeriodMs(gapMs) * EARLY;
    if (this.#inHand === null && isDue) {
      this.#inHand = this.#ask(options).finally(() => {
        this.#inHand = null;
        this.#isSlow = false;
      });
    }
    return this.#isSlow ? Promise.resolve() : (this.#inHand ?? Promise.resolve());
  }

  /** Nobody waits any more for what is in hand. */
  leave(): void {
    this.#isSlow = this.#inHand !== null;
  }

  async #ask({ backTo, ...options }: FeedLook): Promise<void> {
    this.#askedMono = this.#clock.monotonic();
    const askedAt = this.#clock.now() + this.#source.aheadMs();
    const since = feedSince(this.#memory, askedAt, backTo);
    try {
      const events = await this.#source.readFeed(this.groupId, since, options);
      const { memory, news } = heard(this.#memory, { events, since, askedAt });
      const now = this.#clock.monotonic();
      this.#memory = memory;
      this.#answeredMono = now;
      this.#refusal = null;
      this.#fault = null;
      if (news.length > 0) this.#newsMono = [...livelyNews(this.#newsMono, now), now];
    } catch (thrown) {
      const refusal = refusalIn(thrown);
      this.#fault = toError(thrown).message;
      const sinceMono = this.#refusal?.sinceMono ?? this.#askedMono;
      this.#refusal = refusal && { ...refusal, sinceMono };
    }
  }
}

/** What passes by itself is no refusal: it is waited out. */
function refusalIn(thrown: unknown): Omit<FeedRefusal, 'sinceMono'> | null {
  if (!(thrown instanceof SourceError)) return null;
  const detail = thrown.message;
  if (thrown.reason === 'bad_response') return { reason: 'unreadable', isForbidden: false, detail };
  const isForbidden = thrown.status === 401 || thrown.status === 403;
  return thrown.retryable && thrown.status !== 429 ? null : { reason: 'refused', isForbidden, detail };
}

import type { AuditEntry } from '../audit.ts';
import { type Data, instantIn, objectIn, textIn } from '../audit-fields.ts';
import type { Timestamp } from '../instant.ts';
import type { BlindSpan } from './report.ts';

/** Reads out of the audit log when a watch could not see, and when nobody looked, entry by entry, in order. */
export class BlindBook {
  readonly #spans: BlindSpan[] = [];
  /** Spans that last, by watch and place. */
  readonly #open = new Map<string, BlindSpan>();
  #stoppedAt: Timestamp | null = null;
  #lastAt: Timestamp | null = null;
  #isRunning = false;
  #firstAt: Timestamp | null = null;

  /** When the log begins: of what was before, nothing is known. `null`: it has no entries. */
  get beginsAt(): Timestamp | null {
    return this.#firstAt;
  }

  /** Reckons an entry in. */
  read({ at, kind, data }: AuditEntry): void {
    const now = instantIn(at);
    if (now === null) return;
    if (kind === 'daemon.started') this.#start(now);
    if (kind === 'daemon.stopped') this.#stop(now);
    if (kind === 'poll.failed') this.#fail(now, data);
    if (kind === 'poll.recovered') this.#recover(now, data);
    this.#firstAt ??= now;
    this.#lastAt = now;
  }

  /** What lies within the period, cut to it, the first first; of one watch, where that is named. */
  spans({ since, until, watch }: { since: Timestamp; until: Timestamp; watch: string | null }): BlindSpan[] {
    const stopped: BlindSpan[] =
      this.#stoppedAt === null
        ? []
        : [
            {
              watch: null,
              place: null,
              from: this.#stoppedAt,
              until: null,
              by: 'log',
              cause: 'stopped',
              detail: null,
            },
          ];
    return [...this.#spans, ...this.#open.values(), ...stopped]
      .filter((span) => watch === null || span.watch === null || span.watch === watch)
      .filter(({ from, until: end }) => from < until && (end ?? until) > since)
      .map((span) => ({
        ...span,
        from: Math.max(span.from, since),
        until: span.until === null || span.until > until ? null : span.until,
      }))
      .toSorted((a, b) => a.from - b.from);
  }

  /** A start without a stop before it: what went before was killed after its last entry, at the earliest. */
  #start(now: Timestamp): void {
    const killedAt = this.#isRunning ? this.#lastAt : null;
    const from = this.#stoppedAt ?? killedAt;
    if (from !== null && now > from) {
      const cause = this.#stoppedAt === null ? 'killed' : 'stopped';
      this.#spans.push({ watch: null, place: null, from, until: now, by: 'log', cause, detail: null });
    }
    this.#stoppedAt = null;
    this.#isRunning = true;
  }

  #stop(now: Timestamp): void {
    this.#isRunning = false;
    this.#stoppedAt = now;
  }

  #fail(now: Timestamp, data: Data): void {
    const key = keyOf(data);
    const before = this.#open.get(key);
    const cause = textIn(data.reason) ?? 'failed';
    if (before?.cause === cause) return;
    if (before) this.#spans.push({ ...before, until: now });
    const place = placeIn(data);
    this.#open.set(key, {
      ...{ watch: String(data.watch), place, from: now, until: null, by: 'log', cause },
      detail: textIn(data.message),
    });
  }

  #recover(now: Timestamp, data: Data): void {
    const key = keyOf(data);
    const before = this.#open.get(key);
    if (before === undefined) return;
    this.#open.delete(key);
    this.#spans.push({ ...before, until: now });
  }
}

/** How long these spans last together within the period, in milliseconds: what overlaps counts once. Parts of a watch count as all of it. */
export function blindMsOf(
  spans: readonly BlindSpan[],
  { since, until }: { since: Timestamp; until: Timestamp },
): number {
  let total = 0;
  let reached = since;
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    const end = Math.min(span.until ?? until, until);
    total += Math.max(0, end - Math.max(span.from, reached));
    reached = Math.max(reached, end);
  }
  return total;
}

function keyOf(data: Data): string {
  return `${String(data.watch)}\n${placeIn(data) ?? ''}`;
}

function placeIn(data: Data): string | null {
  const { groupId, instanceName } = objectIn(data.place);
  if (typeof groupId !== 'string') return null;
  return typeof instanceName === 'string' ? `${instanceName} in project ${groupId}` : `project ${groupId}`;
}

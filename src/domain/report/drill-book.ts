import type { AuditEntry } from '../audit.ts';
import { type Data, instantIn, numberIn, objectIn, objectsIn, textIn, textsIn } from '../audit-fields.ts';
import type { Timestamp } from '../instant.ts';
import type { DrillSummary } from './report.ts';

/** One drill at one instance, with every judgement that was written down of it. */
interface Book {
  name: string | null;
  watch: string;
  instanceName: string | null;
  runs: Map<string, { at: Timestamp; reasons: readonly string[] }>;
  overdue: Array<{ since: Timestamp; until: Timestamp | null }>;
  /** The judgements say themselves whether the drill is overdue; earlier versions did not. */
  saysOverdue: boolean;
}

/** Reads how drills went out of the audit log, entry by entry, in order. */
export class DrillBook {
  readonly #books = new Map<string, Book>();
  #agreed: ReadonlyArray<{ name: string | null; watch: string; everyMs: number | null }> = [];

  /** Reckons an entry in. */
  read({ at, kind, data }: AuditEntry): void {
    if (kind === 'config.loaded') this.#agreed = agreedIn(data);
    if (kind === 'drill.run') this.#readRun(instantIn(at), data);
    if (kind === 'transition') this.#readAlert(instantIn(at), data);
  }

  /** How the drills went within the period; of one watch, where that is named. Those that are agreed and had no run are among them. */
  summaries({
    since,
    until,
    watch,
  }: {
    since: Timestamp;
    until: Timestamp;
    watch: string | null;
  }): DrillSummary[] {
    const known = new Set([...this.#books.values()].map(({ name, watch: of }) => `${name}\n${of}`));
    for (const { name, watch: of } of this.#agreed) {
      if (!known.has(`${name}\n${of}`)) this.#bookOf({ watch: of }, name);
    }
    return [...this.#books.values()]
      .filter((book) => watch === null || book.watch === watch)
      .map((book) => this.#summaryOf(book, since, until))
      .toSorted((a, b) => (`${a.watch}\n${a.name}` < `${b.watch}\n${b.name}` ? -1 : 1));
  }

  #summaryOf(book: Book, since: Timestamp, until: Timestamp): DrillSummary {
    const { name, watch, instanceName } = book;
    const runs = [...book.runs.values()].filter(({ at }) => at >= since && at < until);
    const agreed = this.#agreed.find((one) => one.name === name && one.watch === watch);
    return {
      name: name ?? 'expectRestoreEvery',
      watch,
      instanceName,
      everyMs: agreed?.everyMs ?? null,
      runs: runs.length,
      met: runs.filter(({ reasons }) => reasons.length === 0).length,
      overdue: book.overdue.filter((span) => span.since < until && (span.until ?? until) > since),
      notAttested: runs.filter(({ reasons }) => reasons.includes('not_attested')).length,
      lastRunAt: runs.length === 0 ? null : Math.max(...runs.map(({ at }) => at)),
    };
  }

  #readRun(at: Timestamp | null, data: Data): void {
    const book = this.#bookOf(data, textIn(data.drill));
    const endedAt = instantIn(data.endedAt);
    if (endedAt !== null) book.runs.set(String(data.jobId), { at: endedAt, reasons: textsIn(data.reasons) });
    book.saysOverdue = data.overdueSince !== undefined;
    if (data.overdueSince === null) endOverdue(book, at);
  }

  #readAlert(at: Timestamp | null, data: Data): void {
    const isBegin = data.event === 'drill_overdue';
    if (at === null || !(isBegin || data.event === 'drill_passed' || data.event === 'drill_failed')) return;
    const book = this.#bookOf(data, textIn(objectIn(data.drill).name));
    if (isBegin) book.overdue.push({ since: at, until: null });
    else if (isEnd(book, data)) endOverdue(book, at);
  }

  #bookOf(data: Data, name: string | null): Book {
    const watch = String(data.watch);
    // A watch that names its instance has no place in what is told of it.
    const place = textIn(objectIn(data.place).instanceName);
    const isOnly = [...this.#books.values()].find((book) => book.name === name && book.watch === watch);
    const key = `${name}\n${watch}\n${place ?? ''}`;
    const found =
      this.#books.get(key) ?? (place === null || isOnly?.instanceName === null ? isOnly : undefined);
    if (found !== undefined) return found;
    const book: Book = { name, watch, instanceName: place, runs: new Map(), overdue: [], saysOverdue: false };
    this.#books.set(key, book);
    return book;
  }
}

/**
 * A run that has finished ends it, however it went, as earlier versions wrote; what nobody attested in time says nothing of that. Where the
 * judgement of the run says it, that holds.
 */
function isEnd({ saysOverdue }: Book, data: Data): boolean {
  if (data.event === 'drill_passed') return true;
  const reasons = textsIn(objectIn(data.drill).reasons);
  return !saysOverdue && !reasons.includes('failed') && !reasons.includes('not_attested');
}

function endOverdue({ overdue }: Book, at: Timestamp | null): void {
  const open = overdue.at(-1);
  if (open !== undefined && open.until === null) open.until = at;
}

function agreedIn(data: Data) {
  return objectsIn(data.drills).map(({ name, watch, everyMs }) => ({
    name: textIn(name),
    watch: String(watch),
    everyMs: numberIn(everyMs),
  }));
}

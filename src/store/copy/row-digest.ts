import { hash } from 'node:crypto';

/** A row as it is read, by column. */
export type CopiedRow = Readonly<Record<string, string | number | null>>;

const BYTES = 32;

/** What some rows come to, in whatever order they are read: two databases sort texts differently. No two rows may be alike. */
export class RowDigest {
  readonly #sum = Buffer.alloc(BYTES);
  #rows = 0;

  get rows(): number {
    return this.#rows;
  }

  add(rows: readonly CopiedRow[]): void {
    const columns = Object.keys(rows[0] ?? {}).toSorted();
    for (const row of rows) {
      const text = JSON.stringify(columns.map((column) => [column, storable(row[column] ?? null)]));
      const own = hash('sha256', text, 'buffer');
      for (let at = 0; at < BYTES; at += 1) this.#sum[at] = (this.#sum[at] ?? 0) ^ (own[at] ?? 0);
    }
    this.#rows += rows.length;
  }

  equals(other: RowDigest): boolean {
    return this.#rows === other.#rows && this.#sum.equals(other.#sum);
  }
}

/** PostgreSQL keeps every character in a text but this one, and puts that one in its place. */
function storable(value: string | number | null): string | number | null {
  return typeof value === 'string' ? value.replaceAll('\0', '\uFFFD') : value;
}

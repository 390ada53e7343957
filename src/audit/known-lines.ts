import type { AuditHead } from '../domain/audit.ts';

/**
 * Lines of which it is known what they lead to: behind that entry, a line of these bytes is the next one. Whoever meets the same line
 * behind the same entry in another copy of the log need not hash it again.
 */
export interface KnownLines {
  /** Forgets all; what is noted from now on stands in these bytes. */
  begin(bytes: Buffer): void;
  /** Notes that the line from `start` to `end` was found to lead from one entry to the next. */
  note(before: AuditHead, after: AuditHead, start: number, end: number): void;
  /** The entry that this line leads to behind that one; `null` when it is not known. */
  nextOf(before: AuditHead, bytes: Buffer, start: number, end: number): AuditHead | null;
}

interface KnownLine {
  prev: string;
  after: AuditHead;
  start: number;
  end: number;
}

/** Makes it, with no line known. */
export function createKnownLines(): KnownLines {
  let known: Buffer = Buffer.alloc(0);
  // No map: one that was emptied leads on to what it is filled with anew, and all of that would live as long as the oldest.
  let lines: KnownLine[] = [];
  return {
    begin: (bytes) => {
      known = bytes;
      lines = [];
    },
    note: (before, after, start, end) => {
      lines.push({ prev: before.hash, after, start, end });
    },
    nextOf: (before, bytes, start, end) => {
      const seq = before.seq + 1;
      const line = lines[seq - (lines[0]?.after.seq ?? seq)];
      const isSame =
        line?.after.seq === seq &&
        line.prev === before.hash &&
        known.compare(bytes, start, end, line.start, line.end) === 0;
      return isSame ? line.after : null;
    },
  };
}

import type { AuditEntry, AuditHead } from '../domain/audit.ts';
import type { FaultKind, WrongEntry } from '../domain/evidence/wrong-entry.ts';

/** What is wrong with the tree or with what is signed. */
export interface TreeProblem {
  entry: number;
  how: FaultKind;
  problem: string;
}

/** Tells how entries are wrong that do not follow one another, out of all that is met on the way. */
export interface FaultKinds {
  /** Judges an entry that does not follow `head`. `isIntact`: its own hash is that of its content. */
  judge(head: AuditHead, entry: AuditEntry, isIntact: boolean): WrongEntry;
}

/** Begins with a log of which nothing is known to be wrong. */
export function createFaultKinds(): FaultKinds {
  /** Faults of entries that were not there when they were due, by the first of them. */
  const gaps: Array<WrongEntry & { last: number }> = [];
  /** Entries that stood where others were due. */
  const astray = new Set<number>();
  let previous: WrongEntry | null = null;

  const judge: FaultKinds['judge'] = (head, entry, isIntact) => {
    const due = head.seq + 1;
    const { seq } = entry;
    if (seq > due) {
      astray.add(seq);
      const gap = { entry: due, how: 'missing' as FaultKind, last: seq - 1 };
      // It was met before: its place is empty because it stood elsewhere.
      if (seq - due <= astray.size && range(due, seq).every((each) => astray.has(each)))
        gap.how = 'reordered';
      gaps.push(gap);
      return gap;
    }
    if (seq < due) {
      const gap = gaps.find(({ entry: first, last }) => first <= seq && seq <= last);
      if (gap !== undefined) {
        gap.how = 'reordered';
        astray.add(seq);
        return { entry: seq, how: 'reordered' };
      }
      // Two of one number: the one that was changed was put before the other.
      if (previous?.entry === seq && previous.how === 'changed') previous.how = 'inserted';
      return { entry: seq, how: 'inserted' };
    }
    if (!isIntact) return { entry: seq, how: 'changed' };
    // It is sound, and continues another than the one before it: that was exchanged, and hashed anew.
    return entry.prev === head.hash
      ? { entry: seq, how: 'changed' }
      : { entry: Math.max(1, seq - 1), how: 'changed' };
  };
  return {
    judge: (head, entry, isIntact) => {
      previous = judge(head, entry, isIntact);
      return previous;
    },
  };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

import { type Checkpoint, parseCheckpoint } from '../domain/evidence/checkpoint.ts';
import { cosignedAt, type VerifierKey } from '../domain/evidence/signed-note.ts';

/** What a witness has cosigned last, as the log tells it. */
export interface LastCosigned {
  /** How many entries. */
  size: number;
  /** Seconds since 1970, by the clock of the witness. */
  at: number;
}

/** Looks at the entries `checkpoint.cosigned` of a log, as far as they are by witnesses whose keys are given. */
export interface CosignatureCheck {
  /** A checkpoint stands in the log. */
  made(checkpoint: Checkpoint): void;
  /** Takes the data of an entry `checkpoint.cosigned`. @returns what is wrong with it, for people; `null`: nothing, or it is by another. */
  take(data: Readonly<Record<string, unknown>>): string | null;
  /** What each witness has cosigned last; `null`: nothing. In the order in which their keys were given. */
  readonly last: ReadonlyArray<{ witness: string; cosigned: LastCosigned | null }>;
}

/** A witness that was away cosigns the last checkpoint when it is back: only a race makes it an earlier one. */
const REMEMBERED = 16;

/** Begins with the first entry. @param prunedUpTo the last entry that is gone: what was cosigned up to there is not there to be compared. */
export function createCosignatureCheck(
  witnesses: readonly VerifierKey[],
  prunedUpTo: () => number,
): CosignatureCheck {
  let recent: Checkpoint[] = [];
  const last = new Map<VerifierKey, LastCosigned>();
  return {
    get last() {
      return witnesses.map((key) => ({ witness: key.name, cosigned: last.get(key) ?? null }));
    },
    made: (checkpoint) => {
      recent = [...recent, checkpoint].slice(-REMEMBERED);
    },
    take: ({ witness, size, line }) => {
      const key = witnesses.find(({ name }) => name === witness);
      if (key === undefined || typeof size !== 'number' || size <= prunedUpTo()) return null;
      const checkpoint = recent.find((one) => one.size === size);
      if (checkpoint === undefined)
        return `${key.name} has cosigned ${size} entries, which were never signed`;
      const cosigned = parseCheckpoint(`${checkpoint.note.text}\n${String(line)}`);
      const at = cosigned === null ? 'wrong' : cosignedAt(cosigned.note, key);
      if (typeof at !== 'number') return `the cosignature of ${key.name} does not fit its checkpoint`;
      last.set(key, { size, at });
      return null;
    },
  };
}

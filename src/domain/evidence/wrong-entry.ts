/**
 * How an entry is wrong. `changed`: it is not as it was written; `missing`; `inserted`: it was not written there; `reordered`: it stands
 * elsewhere; `cut`: the log ends before it; `other_history`: the log up to it is not the one of a checkpoint; `signature`: a checkpoint is
 * not signed as it should be; `unreadable`: the place where it should be cannot be read.
 */
export type FaultKind =
  | 'changed'
  | 'missing'
  | 'inserted'
  | 'reordered'
  | 'cut'
  | 'other_history'
  | 'signature'
  | 'unreadable';

/** Which entry is wrong, and how. What follows in the log may tell more: then `how` becomes another. */
export interface WrongEntry {
  entry: number;
  how: FaultKind;
}

/** How an entry is wrong, in words. */
export const FAULT_WORDS: Readonly<Record<FaultKind, string>> = {
  changed: 'changed after it was written',
  missing: 'missing',
  inserted: 'inserted: it was not written there',
  reordered: 'not in its place',
  cut: 'cut off, with all behind it',
  other_history: 'of another history than a checkpoint',
  signature: 'not signed as it should be',
  unreadable: 'not readable',
};

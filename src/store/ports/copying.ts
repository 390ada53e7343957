/** How far a copy of a store has got: so many rows of so many. `verifying`: they are written, and are read back. */
export interface CopyProgress {
  stage: 'copying' | 'verifying';
  rows: number;
  of: number;
}

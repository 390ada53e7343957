/** A right to do one piece of the work. One replica has it at a time. */
export interface Lease {
  /** Names the piece of work; see `domain/replicas/unit.ts`. */
  readonly unit: string;
  /** Grows with every new holder, so that whoever held it before is told apart. */
  readonly token: number;
}

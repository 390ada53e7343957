/** How long anything may take, in milliseconds. */
export interface Limits {
  /** To get a connection: to make one, or to wait for one that is free. */
  connectMs: number;
  /** One statement, and its wait for a lock, by the server's own clock: so it says what it gave up on. */
  statementMs: number;
  lockMs: number;
  /** A transaction in which nothing is asked for: its client has gone without a word, and holds locks. */
  idleInTransactionMs: number;
  /** An answer: of a server that has gone without a word. */
  answerMs: number;
}

/** What a daemon goes by. */
export const LIMITS: Limits = {
  connectMs: 5_000,
  statementMs: 10_000,
  lockMs: 8_000,
  idleInTransactionMs: 15_000,
  answerMs: 12_000,
};

import type { Kysely, Transaction } from 'kysely';
import type { AuditDraft } from '../../domain/audit.ts';
import { type AuditEnd, appendAudit, lockAuditEnd } from '../queries/audit-log.ts';
import type { Database } from '../queries/schema.ts';

/** Appends audit entries to the log, within the transaction whose turn it is. */
export type RecordInTurn = (drafts: readonly AuditDraft[]) => Promise<void>;

/** What is written in one go. May be run again from its beginning when the transaction that it was a part of came to nothing. */
export type WorkInTurn<Result> = (
  trx: Transaction<Database>,
  record: RecordInTurn,
  /** Where the audit log ends by now. */
  end: () => AuditEnd,
) => Promise<Result>;

/** The transactions of one store. */
export interface Turns {
  /**
   * Runs `work` in a transaction that first locks the end of the audit log, so that all who record something take turns.
   *
   * What `work` reads is therefore as the last of them left it, the audit log stays one chain, and rows are numbered in the order in
   * which they are committed. Every write that adds events, deliveries, reminders or audit entries goes through here, whatever the
   * database locks by itself.
   */
  inTurn<Result>(work: WorkInTurn<Result>): Promise<Result>;
  /** Runs `work` in a transaction, without a turn of its own. It records nothing. */
  beside<Result>(work: (trx: Transaction<Database>) => Promise<Result>): Promise<Result>;
  /** Runs a single statement that records nothing. It is a transaction by itself, and waits for no other. */
  single<Result>(work: (db: Kysely<Database>) => Promise<Result>): Promise<Result>;
  /** Something is being written, or waits to be: what is asked for now is written along with it. */
  readonly areBusy: boolean;
}

/**
 * Runs work one after the other, in the order in which it was asked for, and commits together what comes together: work that is asked for
 * while a transaction is open rides along in it. A commit has to reach the disk, and several in one cost as much as one. Work that
 * comes alone waits for nothing.
 *
 * To its caller, each work is a transaction of its own: it has happened whole when its promise resolves, and not at all when that rejects,
 * unless with a `CommitInDoubt`. When one of several fails, all are undone and each is run again by itself. Where the answer to a commit is
 * lost (`mayHaveCommitted`), none is: it may stand there already. Where not even a transaction can be opened, all that wait are refused
 * at once: each would wait for a lock by itself, one behind the other, and the event loop with it.
 */
export function createTurns(
  db: Kysely<Database>,
  mayHaveCommitted: (thrown: unknown) => boolean = () => false,
): Turns {
  const waiting: Job[] = [];
  let isRunning = false;
  const commit: Commit = (together, riding) => commitTogether({ db, mayHaveCommitted }, together, riding);

  const run = async (): Promise<void> => {
    isRunning = true;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await runFrom(next);
    isRunning = false;
  };

  const runFrom = async (first: Job): Promise<void> => {
    const together = [first];
    try {
      for (const tell of await commit(together, waiting)) tell();
    } catch (thrown) {
      if (!first.isTried) for (const job of [first, ...waiting.splice(0)]) job.reject(thrown);
      else if (together.length === 1 || thrown instanceof CommitInDoubt)
        for (const job of together) job.reject(thrown);
      else for (const job of together) await runAlone(commit, job);
    }
  };

  const ask = <Result>(takesTurn: boolean, work: WorkInTurn<Result>): Promise<Result> =>
    new Promise((resolve, reject) => {
      const job: Job = {
        takesTurn,
        isTried: false,
        attempt: async (trx, { record, end }) => {
          job.isTried = true;
          const result = await work(trx, record, end);
          return () => resolve(result);
        },
        reject,
      };
      waiting.push(job);
      if (!isRunning) void run();
    });

  return {
    inTurn: (work) => ask(true, work),
    beside: (work) => ask(false, work),
    single: (work) => work(db),
    get areBusy() {
      return isRunning;
    },
  };
}

/**
 * The same turns, for whoever holds a lease: every work begins with `check` in its own transaction, and comes to nothing when that
 * throws. Works of others that ride along begin with their own.
 */
export function fencedTurns(turns: Turns, check: (trx: Transaction<Database>) => Promise<void>): Turns {
  const beside: Turns['beside'] = (work) =>
    turns.beside(async (trx) => {
      await check(trx);
      return work(trx);
    });
  return {
    inTurn: (work) =>
      turns.inTurn(async (trx, record, end) => {
        await check(trx);
        return work(trx, record, end);
      }),
    beside,
    single: beside,
    get areBusy() {
      return turns.areBusy;
    },
  };
}

/** The audit log as a transaction has it that holds its end. */
interface LogInTurn {
  record: RecordInTurn;
  end: () => AuditEnd;
}

/** Work that somebody has asked for. */
interface Job {
  takesTurn: boolean;
  /** A transaction was open for it. */
  isTried: boolean;
  /** Does the work; returns what tells the caller that it is committed. */
  attempt: (trx: Transaction<Database>, log: LogInTurn) => Promise<() => void>;
  reject: (reason: unknown) => void;
}

/** The answer to a COMMIT was lost: all of the transaction stands in the database, or nothing of it. `cause` says how it was lost. */
export class CommitInDoubt extends Error {
  constructor(cause: unknown) {
    super('the answer to a commit was lost', { cause });
  }
}

/** Does the jobs that stand in `together`, and those of `waiting` that ride along; returns what tells the callers that they are committed. */
type Commit = (together: Job[], waiting: Job[]) => Promise<Array<() => void>>;

/**
 * Does the jobs that stand in `together`, and takes over from `waiting` what rides along, until nothing waits. The end of the audit log is
 * locked before any row: so one that records does not ride along where that was not locked at first.
 * @throws {CommitInDoubt}
 */
async function commitTogether(
  { db, mayHaveCommitted }: { db: Kysely<Database>; mayHaveCommitted: (thrown: unknown) => boolean },
  together: Job[],
  waiting: Job[],
): Promise<Array<() => void>> {
  let isCommitting = false;
  const work = db.transaction().execute(async (trx) => {
    const isInTurn = together.some(({ takesTurn }) => takesTurn);
    const log = isInTurn ? await lockLog(trx) : OUT_OF_TURN;
    const tellings: Array<() => void> = [];
    for (const job of together) {
      tellings.push(await job.attempt(trx, log));
      const [next] = waiting;
      if (next === undefined || (next.takesTurn && !isInTurn)) continue;
      waiting.shift();
      // The loop goes on to it.
      together.push(next);
    }
    isCommitting = true;
    return tellings;
  });
  try {
    return await work;
  } catch (thrown) {
    throw isCommitting && mayHaveCommitted(thrown) ? new CommitInDoubt(thrown) : thrown;
  }
}

async function runAlone(commit: Commit, job: Job): Promise<void> {
  try {
    for (const tell of await commit([job], [])) tell();
  } catch (thrown) {
    job.reject(thrown);
  }
}

async function lockLog(trx: Transaction<Database>): Promise<LogInTurn> {
  let end = await lockAuditEnd(trx);
  return {
    end: () => end,
    record: async (drafts) => {
      end = await appendAudit(trx, end, drafts);
    },
  };
}

const OUT_OF_TURN: LogInTurn = {
  record: () => Promise.reject(new Error('recorded out of turn')),
  end: () => {
    throw new Error('asked for the end of the audit log out of turn');
  },
};

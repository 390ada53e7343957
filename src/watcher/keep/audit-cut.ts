import { type AuditEntry, type AuditHead, GENESIS, parseAuditEntry } from '../../domain/audit.ts';
import type { AuditStub } from '../../domain/evidence/audit-stub.ts';
import {
  EMPTY_FRONTIER,
  type Frontier,
  growFrontier,
  leafHash,
  rootOf,
} from '../../domain/evidence/audit-tree.ts';
import { parseCheckpoint } from '../../domain/evidence/checkpoint.ts';
import type { Timestamp } from '../../domain/instant.ts';
import { StoreError } from '../../errors.ts';
import type { AuditReader } from '../../store/ports/audit.ts';
import type { KeepingStore } from '../../store/ports/keeping.ts';
import type { Recorder } from '../record/recorder.ts';

/** What cutting the audit log works with. */
export interface AuditCutDeps {
  store: Pick<AuditReader, 'auditStart' | 'auditHead' | 'readAuditLines' | 'lastCheckpoint'> &
    Pick<KeepingStore, 'deleteCut'>;
  recorder: Pick<Recorder, 'recordAuditCut'>;
}

/** Entries, or rows, that a step reads or deletes. */
const ROWS = 200;
/** The mirror is written anew after each cut: less than this part of the log is not worth it. */
const LEAST_PART = 1 / 20;

/** One go at cutting off what of the audit log is older than it is kept, in small steps. */
export class AuditCut {
  readonly #deps: AuditCutDeps;
  readonly #olderThan: Timestamp;
  #next: (() => Promise<void>) | null = () => this.#deleteRows(() => this.#find());
  #start: AuditHead = GENESIS;
  #tree: Frontier = EMPTY_FRONTIER;
  #key = '';
  /** The last entry that is cut off. */
  cutUpTo: number | null = null;

  constructor(deps: AuditCutDeps, olderThan: Timestamp) {
    this.#deps = deps;
    this.#olderThan = olderThan;
  }

  /** There is nothing left to do. */
  get hasEnded(): boolean {
    return this.#next === null;
  }

  /**
   * Takes one step.
   * @throws {StoreError} and then it may be taken again; reason `damaged` when the log is not the one that was signed: it is not cut.
   */
  async step(): Promise<void> {
    await this.#next?.();
  }

  /** Also what an earlier process has cut off and not deleted. */
  async #deleteRows(then: (() => Promise<void>) | null): Promise<void> {
    if (!(await this.#deps.store.deleteCut(ROWS))) this.#next = then;
  }

  /** Finds the last entry that is old enough by halves: entries are in the order of their times, but for steps of the clock. */
  async #find(): Promise<void> {
    const { store } = this.#deps;
    const stub = await store.auditStart();
    const { seq: end } = await store.auditHead();
    this.#start = stub?.last ?? GENESIS;
    this.#tree = stub?.frontier ?? EMPTY_FRONTIER;
    this.#key = stub?.key ?? '';
    let [old, young] = [this.#start.seq, end + 1];
    while (young - old > 1) {
      const middle = Math.floor((old + young) / 2);
      if (await this.#isOld(middle)) old = middle;
      else young = middle;
    }
    const least = (end - this.#start.seq) * LEAST_PART;
    this.#next = () => this.#lookBack(old, this.#start.seq + least);
  }

  async #isOld(seq: number): Promise<boolean> {
    const [entry] = await this.#entriesAfter(seq - 1, 1);
    return entry !== undefined && Date.parse(entry.at) < this.#olderThan;
  }

  /** Looks for the last checkpoint up to entry `last`. */
  async #lookBack(last: number, least: number): Promise<void> {
    const after = Math.max(this.#start.seq, last - ROWS);
    const entries = await this.#entriesAfter(after, last - after);
    const made = entries.findLast(({ kind, seq }) => kind === 'checkpoint.made' && seq - 1 > this.#start.seq);
    const note = made?.data.note;
    if (made !== undefined && typeof note === 'string')
      this.#next = made.seq - 1 < least ? null : () => this.#grow({ size: made.seq - 1, note });
    else this.#next = after <= least ? null : () => this.#lookBack(after, least);
  }

  /** Grows the tree over all that is to go, and then puts it in their place. */
  async #grow(upTo: { size: number; note: string }): Promise<void> {
    const { size } = this.#tree;
    const limit = Math.min(ROWS, upTo.size - size);
    if (limit === 0) return this.#cut(upTo);
    const lines = await this.#deps.store.readAuditLines(size, limit);
    if (lines.length < limit) throw damaged(size + lines.length + 1);
    for (const { body } of lines) {
      if (!body.includes('"kind":"checkpoint.key"')) continue;
      const key = parseAuditEntry(body)?.data.key;
      if (typeof key === 'string') this.#key = key;
    }
    this.#tree = growFrontier(
      this.#tree,
      lines.map(({ body }) => leafHash(body)),
    );
    const last = parseAuditEntry(lines.at(-1)?.body ?? '');
    if (last !== null) this.#start = { seq: last.seq, hash: last.hash };
  }

  async #cut({ size, note }: { size: number; note: string }): Promise<void> {
    const checkpoint = parseCheckpoint(note);
    const isSigned = checkpoint?.size === size && checkpoint.root.equals(rootOf(this.#tree));
    if (!isSigned || this.#start.seq !== size || this.#key === '') throw damaged(size + 1);
    const stub: AuditStub = { last: this.#start, frontier: this.#tree, checkpoint: note, key: this.#key };
    if (await this.#deps.recorder.recordAuditCut(stub)) this.cutUpTo = size;
    this.#next = () => this.#deleteRows(null);
  }

  async #entriesAfter(after: number, limit: number): Promise<AuditEntry[]> {
    const lines = await this.#deps.store.readAuditLines(after, limit);
    return lines.flatMap(({ body }) => parseAuditEntry(body) ?? []);
  }
}

function damaged(seq: number): StoreError {
  return new StoreError('damaged', `The audit log is not the one that was signed before entry ${seq}`, {
    hint: '"restore-watcher audit verify" says what is wrong. Nothing is pruned.',
  });
}

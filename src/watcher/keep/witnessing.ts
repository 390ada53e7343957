import type { Clock } from '../../clock.ts';
import { alertKey } from '../../domain/event/alert.ts';
import { EVENT_KINDS } from '../../domain/event/event-kinds.ts';
import { addCheckpointText } from '../../domain/evidence/add-checkpoint.ts';
import { EMPTY_FRONTIER, type Frontier, leafHash, rootOf } from '../../domain/evidence/audit-tree.ts';
import { type Checkpoint, parseCheckpoint } from '../../domain/evidence/checkpoint.ts';
import { RangeRoots } from '../../domain/evidence/range-roots.ts';
import { consistencyRanges } from '../../domain/evidence/tree-proof.ts';
import { toError } from '../../errors.ts';
import type { FaultLog } from '../../logging/fault-log.ts';
import type { Signals } from '../../signals.ts';
import type { AuditReader } from '../../store/ports/audit.ts';
import type { WitnessStore } from '../../store/ports/witness.ts';
import type { Witness, WitnessAnswer } from '../../witness/witness.ts';
import type { Recorder } from '../record/recorder.ts';

/** What having checkpoints cosigned works with. */
export interface WitnessingDeps {
  store: Pick<AuditReader, 'lastCheckpoint' | 'auditStart' | 'readAuditLines'> &
    Pick<WitnessStore, 'witnessView'>;
  recorder: Pick<Recorder, 'recordCosigned' | 'recordAlert' | 'alerts'>;
  clock: Clock;
  signals: Signals;
  faultLog: FaultLog;
}

/** Has every checkpoint cosigned by witnesses, and tells when one of them has seen another log. */
export interface Witnessing {
  /** These are asked from now on. */
  apply(witnesses: readonly Witness[]): void;
  /** A sign of life from outside, about once a second: whoever is due is asked. */
  beat(): void;
  /** Waits for what is in hand. */
  settled(): Promise<void>;
  /** Asks nobody any more, and cuts short what is in hand. */
  stop(): Promise<void>;
}

/** A witness that is away, or refuses, is asked again so much later; twice as long after each time in a row, up to a minute. */
const AGAIN_AFTER_MS = 5_000;
const AGAIN_AT_MOST_MS = 60_000;
/** Twice an answer that just comes in time, and what is read and written for it. What takes longer will not end, and is left: the witness would never be asked again. */
const ASKED_WITHIN_MS = 90_000;
const PORTION = 500;
/** The name under which what a witness says of the log is raised. */
const RAISED = 'audit_forked';

/** A witness, and when it is asked next. */
interface Asked {
  witness: Witness;
  dueMono: number;
  /** In a row. */
  failures: number;
  inHand: Asking | null;
}

interface Asking {
  begunMono: number;
  cut: AbortController;
  done: Promise<void>;
}

/** Each witness is asked by itself, so that one that is away delays nobody. Nothing waits for any of them. */
export function createWitnessing(deps: WitnessingDeps): Witnessing {
  const { clock, faultLog } = deps;
  const end = new AbortController();
  let asked: Asked[] = [];
  const signed = deps.signals.on('audit:signed', () => {
    for (const one of asked) one.dueMono = Math.min(one.dueMono, clock.monotonic());
  });

  const whatIs = ({ witness }: Asked): string => `witness ${witness.name}`;
  const failed = (one: Asked, err: Error): void => {
    const what = whatIs(one);
    faultLog.report(what, `The ${what} has not cosigned the last checkpoint: ${err.message}`, { err });
    // A checkpoint that was made while it was asked has it due at once.
    const afterMs = Math.min(AGAIN_AFTER_MS * 2 ** one.failures, AGAIN_AT_MOST_MS);
    one.dueMono = Math.min(one.dueMono, clock.monotonic() + afterMs);
    one.failures += 1;
  };
  const ask = async (one: Asked, signal: AbortSignal): Promise<void> => {
    one.dueMono = Number.POSITIVE_INFINITY;
    try {
      const problem = await haveCosigned(deps, one.witness, signal);
      if (problem !== null) throw new Error(problem);
      if (signal.aborted) return;
      one.failures = 0;
      faultLog.clear(whatIs(one), `The ${whatIs(one)} cosigns again`);
    } catch (thrown) {
      if (!signal.aborted) failed(one, toError(thrown));
    }
  };
  const begin = (one: Asked): void => {
    const cut = new AbortController();
    const asking = {
      ...{ cut, begunMono: clock.monotonic() },
      done: ask(one, AbortSignal.any([end.signal, cut.signal])).finally(() => {
        if (one.inHand === asking) one.inHand = null;
      }),
    };
    one.inHand = asking;
  };
  const leaveIfStuck = (one: Asked): void => {
    if (one.inHand === null || clock.monotonic() - one.inHand.begunMono < ASKED_WITHIN_MS) return;
    one.inHand.cut.abort();
    one.inHand = null;
    failed(one, new Error('nothing came of asking it in time'));
  };
  const settled = async (): Promise<void> => {
    await Promise.all(asked.map(({ inHand }) => inHand?.done));
  };
  return {
    apply: (witnesses) => {
      const before = new Map(asked.map((one) => [one.witness, one]));
      asked = witnesses.map(
        (witness) => before.get(witness) ?? { witness, dueMono: 0, failures: 0, inHand: null },
      );
    },
    beat: () => {
      for (const one of asked) {
        leaveIfStuck(one);
        if (!end.signal.aborted && one.inHand === null && clock.monotonic() >= one.dueMono) begin(one);
      }
    },
    settled,
    stop: async () => {
      signed();
      end.abort();
      await settled();
    },
  };
}

/** Asks a witness to cosign the last checkpoint. @returns why it has not; `null`: it has, or there is nothing to cosign. */
async function haveCosigned(
  deps: WitnessingDeps,
  witness: Witness,
  signal: AbortSignal,
): Promise<string | null> {
  const { last } = await deps.store.lastCheckpoint();
  const checkpoint = last === null ? null : parseCheckpoint(last.note);
  if (last === null || checkpoint === null) return null;
  const known = await deps.store.witnessView(witness.name);
  // As many entries may be others: the log was put back, and has grown to the same size.
  if (known?.size === checkpoint.size && rootOf(known).equals(checkpoint.root)) return null;
  const question = { checkpoint, note: last.note };
  let { answer, frontier } = await askFrom(
    deps,
    witness,
    { ...question, from: known ?? EMPTY_FRONTIER },
    signal,
  );
  if (answer.kind === 'conflict' && answer.size <= checkpoint.size) {
    // It knows another state than we remember: our own log tells whether it is one of ours.
    const from = await frontierAt(deps, answer.size);
    ({ answer, frontier } = await askFrom(deps, witness, { ...question, from }, signal));
  }
  signal.throwIfAborted();
  switch (answer.kind) {
    case 'cosigned': {
      await deps.recorder.recordCosigned({
        witness: witness.name,
        frontier,
        line: answer.line,
        at: deps.clock.now(),
      });
      await tell(deps, witness, checkpoint, null);
      return null;
    }
    case 'conflict':
      return tell(
        deps,
        witness,
        checkpoint,
        `it has cosigned ${answer.size} entries, and the log has ${checkpoint.size}`,
      );
    case 'forked':
      return tell(deps, witness, checkpoint, answer.why);
    case 'away':
      return answer.why;
  }
}

/** @returns what the witness says, and the tree that the checkpoint is over, as the log has it. */
async function askFrom(
  deps: WitnessingDeps,
  witness: Witness,
  { from, checkpoint, note }: { from: Frontier; checkpoint: Checkpoint; note: string },
  signal: AbortSignal,
): Promise<{ answer: WitnessAnswer; frontier: Frontier }> {
  if (from.size > checkpoint.size)
    return { answer: { kind: 'conflict', size: from.size }, frontier: EMPTY_FRONTIER };
  const ranges = consistencyRanges(from.size, checkpoint.size);
  const roots = await grown(deps, new RangeRoots(ranges, from), checkpoint.size);
  const { frontier } = roots;
  if (!rootOf(frontier).equals(checkpoint.root)) {
    const why = 'what it has cosigned is not the beginning of the log';
    return { answer: { kind: 'forked', why }, frontier };
  }
  const proof = roots.rootsOf(ranges);
  // A tree that has grown from there has it: an empty one would be taken for a fork.
  if (proof === null) throw new Error(`the tree has no proof that it has grown from ${from.size} entries`);
  const answer = await witness.ask(addCheckpointText({ oldSize: from.size, proof }, note), signal);
  return { answer, frontier };
}

/** The tree over the first entries, as the log has them now. */
async function frontierAt(deps: WitnessingDeps, size: number): Promise<Frontier> {
  const begin = (await deps.store.auditStart())?.frontier ?? EMPTY_FRONTIER;
  if (begin.size > size) throw new Error(`it has cosigned ${size} entries, which are pruned here`);
  return (await grown(deps, new RangeRoots([], begin), size)).frontier;
}

async function grown({ store }: WitnessingDeps, roots: RangeRoots, size: number): Promise<RangeRoots> {
  while (roots.frontier.size < size) {
    const at = roots.frontier.size;
    const lines = await store.readAuditLines(at, Math.min(PORTION, size - at));
    if (lines.length === 0) throw new Error(`the log ends at entry ${at}`);
    for (const { body } of lines) roots.take(leafHash(body));
  }
  return roots;
}

/** Raises, once, that a witness has seen another log; clears it when it cosigns again. */
async function tell(
  { recorder }: WitnessingDeps,
  witness: Witness,
  { origin }: Checkpoint,
  why: string | null,
): Promise<string | null> {
  const key = alertKey(RAISED, witness.name);
  const isRaised = (await recorder.alerts.about(witness.name)).has(key);
  const name = why === null ? 'audit_agreed' : RAISED;
  if (isRaised === (why !== null)) return why;
  const summary = EVENT_KINDS[name].summary({ witness: witness.name });
  const about = { audit: { origin, witness: witness.name } };
  await recorder.recordAlert(
    { name, about, summary, note: why },
    why === null ? { clear: key } : { raise: key },
  );
  return why;
}

import type { Clock } from '../../clock.ts';
import { parseAuditEntry } from '../../domain/audit.ts';
import { rootOf } from '../../domain/evidence/audit-tree.ts';
import { makeCheckpoint } from '../../domain/evidence/checkpoint.ts';
import { type SigningKey, verifierKeyText } from '../../domain/evidence/signed-note.ts';
import { StoreError, toError } from '../../errors.ts';
import { createFaultLog } from '../../logging/fault-log.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Signals } from '../../signals.ts';
import type {
  AuditRecorder,
  CheckpointRequest,
  CheckpointStore,
  MadeCheckpoint,
} from '../../store/ports/audit.ts';
import { appendCheckpoint, lastCheckpointIn } from './checkpoint-file.ts';
import { toldOfLast } from './told-of-last.ts';

/** A log of which nothing was signed yet is signed so soon after the start, in milliseconds. */
const FIRST_AFTER_MS = 60_000;
/** A log that stands still says so once in so many milliseconds. */
const QUIET_MS = 86_400_000;
/** A disk that does not answer does not hold up the end for longer. */
const PATIENCE_MS = 2_000;

/** What making checkpoints takes. */
export interface CheckpointDeps {
  store: CheckpointStore & AuditRecorder;
  clock: Clock;
  logger: Logger;
  signals: Signals;
  key: SigningKey;
  /** Where each is written down outside of the log. */
  file: string;
  everyMs: number;
  /** Told at the end when the disk still holds a write. */
  onStuck?: () => void;
}

/**
 * Signs how the audit log stands: every `everyMs` when something was written since, once a day when nothing was, and at the end, which
 * is when the function that it returns is called. A fault stops nothing: it is logged, and tried again at the next turn.
 */
export async function keepCheckpoints(deps: CheckpointDeps): Promise<() => Promise<void>> {
  const { store, clock, logger, everyMs } = deps;
  const faultLog = createFaultLog(logger, clock);
  const end = new AbortController();
  const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
      faultLog.clear(what, `${what}: done again`);
    } catch (error) {
      // Another replica signs by now.
      if (error instanceof StoreError && error.reason === 'fenced') return;
      faultLog.report(what, `${what} failed; it is tried again`, { err: toError(error) }, 'error');
    }
  };
  let writing: Promise<void> = Promise.resolve();
  /** One after the other: each looks at the end of the file. */
  const write = (made: MadeCheckpoint): Promise<void> => {
    const mine = writing.then(() => appendCheckpoint(deps.file, made));
    writing = mine.catch(() => {});
    return mine;
  };
  const make = (): Promise<void> =>
    attempt('Signing how the audit log stands', () =>
      makeOne(deps, (made) => attempt(WRITING, () => write(made))),
    );
  // With its cosignatures it says more: whoever keeps the file has what witnesses say as well.
  const cosigned = deps.signals.on('audit:cosigned', () => {
    void attempt(WRITING, async () => {
      const { last } = await store.lastCheckpoint();
      if (last !== null) await write(last);
    });
  });

  let lastAt: string | null = null;
  await attempt(WRITING, async () => {
    await lookBack(deps);
    const { last } = await store.lastCheckpoint();
    lastAt = last?.at ?? null;
    if (last !== null) await write(last);
  });
  const loop = async (): Promise<void> => {
    const age = lastAt === null ? everyMs - FIRST_AFTER_MS : clock.now() - Date.parse(lastAt);
    let waitMs = Math.min(everyMs, Math.max(FIRST_AFTER_MS, everyMs - age));
    while (!end.signal.aborted) {
      await clock.sleep(waitMs, end.signal).catch(() => undefined);
      if (!end.signal.aborted) await make();
      waitMs = everyMs;
    }
  };
  const looping = loop();
  return async () => {
    cosigned();
    end.abort();
    const limit = Promise.withResolvers<false>();
    const timer = setTimeout(() => limit.resolve(false), PATIENCE_MS);
    const last = looping.then(make).then(() => writing);
    const isDone = await Promise.race([last.then(() => true), limit.promise]);
    clearTimeout(timer);
    if (!isDone) deps.onStuck?.();
  };
}

/** Tells of a store that lacks what was signed last, as far as the file knows: it was rolled back since, or is another one. */
async function lookBack({ store, clock, logger, signals, file }: CheckpointDeps): Promise<void> {
  const signed = await lastCheckpointIn(file);
  if (signed === null || (await isOnRecord(store, signed))) return;
  const { size } = signed;
  const head = await store.auditHead();
  logger.error(
    'The store has lost entries of the audit log that were signed: it was rolled back, or is another one',
    {
      file,
      signed: size,
      entries: head.seq,
      hint: 'Was a backup put back, or has a standby taken over that lagged? `audit verify` names the checkpoints that the log does not agree with.',
    },
  );
  await store.recordAudit([
    { at: clock.now(), kind: 'store.rolled_back', data: { checkpoint: size, entries: head.seq } },
  ]);
  signals.emit('audit:rolled_back', {});
}

/** A checkpoint is an entry itself, right behind those that it is over. */
async function isOnRecord(
  store: CheckpointStore,
  { size, note }: { size: number; note: string },
): Promise<boolean> {
  const [entry] = await store.readAuditLines(size, 1);
  if (entry === undefined) return false;
  // What is behind it was pruned.
  if (entry.seq !== size + 1) return true;
  const signed = parseAuditEntry(entry.body)?.data.note;
  // Cosignatures stand behind what was signed.
  return typeof signed === 'string' && note.startsWith(signed);
}

const WRITING = 'Writing down a checkpoint';

async function makeOne(
  { store, clock, signals, key }: CheckpointDeps,
  write: (made: MadeCheckpoint) => Promise<void>,
): Promise<void> {
  const at = clock.now();
  const told = await toldOfLast(store);
  const sign: CheckpointRequest['sign'] = (tree, last) => {
    // The entry about the last one, and who was told of it, is all that came since.
    const isQuiet = last !== null && tree.size <= last.size + told;
    if (isQuiet && at - Date.parse(last.at) < QUIET_MS) return null;
    return makeCheckpoint({ size: tree.size, root: rootOf(tree) }, key);
  };
  const made = await store.recordCheckpoint({ at, key: verifierKeyText(key.verifier), sign });
  if (made === null) return;
  signals.emit('audit:written', {});
  signals.emit('audit:signed', {});
  await write(made);
}

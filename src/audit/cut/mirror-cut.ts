import { existsSync } from 'node:fs';
import type { Clock } from '../../clock.ts';
import { StoreError, toError } from '../../errors.ts';
import type { Logger } from '../../logging/logger.ts';
import type { AuditReader } from '../../store/ports/audit.ts';
import { cutFile } from './cut-file.ts';

/** What cutting a mirror takes. */
export interface MirrorCutDeps {
  file: string;
  store: Pick<AuditReader, 'auditStart'>;
  logger: Logger;
  clock: Pick<Clock, 'monotonic'>;
}

/** A cut copies what is left of the file: where there is no room for that, it is tried again so much later, in milliseconds. */
const AGAIN_AFTER_MS = 10 * 60_000;

/**
 * Makes the function that cuts off of the mirror what the store has pruned. What keeps it from doing so is logged, and holds up nothing:
 * the file has too much then, and what is new is still written to it.
 * The function throws a {StoreError} when the store cannot be read.
 */
export function createMirrorCut({ file, store, logger, clock }: MirrorCutDeps): () => Promise<void> {
  /** The last entry that is known to be cut off of the file, or that cannot be. */
  let cutUpTo = 0;
  let notBeforeMono = Number.NEGATIVE_INFINITY;
  return async () => {
    const stub = await store.auditStart();
    const upTo = stub?.last.seq ?? 0;
    if (stub === null || upTo === cutUpTo || clock.monotonic() < notBeforeMono) return;
    try {
      const outcome = existsSync(file) ? await cutFile(file, stub) : 'nothing_to_cut';
      if (outcome === 'cut') logger.info('Cut off of the audit file what is pruned', { file, upTo });
      else if (outcome === 'unsound')
        logger.warn('What is pruned stays in the audit file: it is not what the log was', {
          file,
          upTo,
          hint: 'Find out who changed it: "restore-watcher audit verify" says where.',
        });
      cutUpTo = upTo;
    } catch (thrown) {
      if (thrown instanceof StoreError) throw thrown;
      notBeforeMono = clock.monotonic() + AGAIN_AFTER_MS;
      const err = toError(thrown);
      logger.warn(`What is pruned stays in the audit file for now: ${err.message}`, {
        file,
        upTo,
        err,
        hint: 'To cut it takes room for another file of its size, and a directory that may be written. It is tried again.',
      });
    }
  };
}

import type { Clock } from '../clock.ts';
import { toError } from '../errors.ts';
import type { Logger } from '../logging/logger.ts';
import type { Signals } from '../signals.ts';
import type { AuditStore } from '../store/ports/audit.ts';
import { openAuditMirror } from './mirror.ts';

/** The mirror is brought up to date this long after an audit entry, so that a burst is one write. */
const MIRROR_DELAY_MS = 100;

/**
 * Keeps the audit file in step with the store, until the function that it returns is called.
 * A file that cannot be written stops nothing: the store has the record.
 */
export async function keepMirror(
  file: string,
  { store, clock, logger, signals }: { store: AuditStore; clock: Clock; logger: Logger; signals: Signals },
): Promise<() => Promise<void>> {
  const mirror = await openAuditMirror({
    file,
    store,
    logger,
    onKeptAside: (aside) =>
      store.recordAudit([{ at: clock.now(), kind: 'mirror.rebuilt', data: { file, keptAside: aside } }]),
  });
  let timer: NodeJS.Timeout | null = null;
  let isFaulty = false;
  const catchUp = async (): Promise<void> => {
    timer = null;
    try {
      await mirror.catchUp();
      if (isFaulty) logger.info('The audit file is written again', { file });
      isFaulty = false;
    } catch (error) {
      if (!isFaulty) {
        logger.error(
          'The audit file cannot be written; the store keeps the record, the file catches up later',
          {
            file,
            err: toError(error),
          },
        );
      }
      isFaulty = true;
    }
  };
  const unsubscribe = signals.on('audit:written', () => {
    timer ??= setTimeout(() => void catchUp(), MIRROR_DELAY_MS);
  });
  return async () => {
    unsubscribe();
    if (timer) clearTimeout(timer);
    await catchUp();
    await mirror.close();
  };
}

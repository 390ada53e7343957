import { loadLogKey } from '../../audit/checkpoints/log-key.ts';
import type { Clock } from '../../clock.ts';
import type { WatcherConfig } from '../../config/config.ts';
import { witnessSigningKey } from '../../domain/evidence/signed-note.ts';
import { createFaultLog } from '../../logging/fault-log.ts';
import type { Logger } from '../../logging/logger.ts';
import type { WitnessedStore } from '../../store/ports/witness.ts';
import { createServedWitness, type ServedWitness } from '../../witness/served-witness.ts';

/**
 * The witness that this daemon is for the logs of the configuration in force; `null` while there are none. Its key, beside the one of the
 * log and never the same, is made when it is first needed.
 */
export function witnessFor(deps: {
  config: () => Pick<WatcherConfig, 'audit'>;
  store: WitnessedStore;
  clock: Clock;
  logger: Logger;
}): () => Promise<ServedWitness | null> {
  let served: ServedWitness | null = null;
  const make = async (): Promise<ServedWitness> => {
    const file = `${deps.config().audit.key.file}.witness`;
    const { key, isNew } = await loadLogKey({ file, isGiven: false, origin: null });
    const name = key.verifier.name.replace(/^restore-watcher\//, 'restore-watcher/witness/');
    const witness = createServedWitness({
      ...deps,
      faultLog: createFaultLog(deps.logger, deps.clock),
      key: witnessSigningKey(name, key.privateKey),
      logs: () => deps.config().audit.witnessFor,
    });
    if (isNew)
      deps.logger.info('Made the key by which the logs of others are cosigned', {
        file,
        key: witness.keyText,
      });
    return witness;
  };
  return async () => {
    if (deps.config().audit.witnessFor.length === 0) return null;
    served ??= await make();
    return served;
  };
}

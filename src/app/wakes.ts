import type { Logger } from '../logging/logger.ts';
import type { Signals } from '../signals.ts';
import type { WakeStore } from '../store/ports/replicas/wake.ts';

/**
 * Passes on to this process what any process has written to the store and wants to be acted on at once.
 * @returns the function that ends it.
 */
export function followWakes(store: WakeStore, signals: Signals, logger: Logger): () => Promise<void> {
  return store.listen({
    woken: (call) => {
      if (call.what === 'leases') signals.emit('leases:given_up', {});
      else
        signals.emit(call.what === 'owed' ? 'deliveries:owed' : 'deliveries:given_up', {
          channels: [call.channel],
        });
    },
    deaf: () =>
      logger.info('The database tells nothing by LISTEN and NOTIFY: it is looked at every 5 s instead', {
        hint: 'So it is behind a PgBouncer that pools transactions. What other replicas record is then sent up to 5 s later.',
      }),
  });
}

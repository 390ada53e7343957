import { partsOfKey } from '../../domain/event/alert.ts';
import type { Timestamp } from '../../domain/instant.ts';
import type { AlertCommit, AlertStore } from '../../store/ports/alerts.ts';

/**
 * What is raised, by what it is about: read from the store once for all watches, since each would read all of it for the little that is
 * its own. Right as long as whoever writes alerts notes it here (`note`), or has it read anew (`forget`): after a write that was refused, and
 * when a unit becomes ours, of which another replica may have written.
 */
export class AlertMemory {
  readonly #store: Pick<AlertStore, 'readAlerts'>;
  /** Since when, by key, by the name of the watch or channel; `null`: to be read. */
  #known: Map<string, Map<string, Timestamp>> | null = null;
  #reading: Promise<void> | null = null;
  /** Changes that were noted so far: what was read before one of them is out of date. */
  #changes = 0;

  constructor(store: Pick<AlertStore, 'readAlerts'>) {
    this.#store = store;
  }

  /** What is raised about the watch or channel of this name, by key: a copy. @throws {StoreError} and is asked anew the next time. */
  async about(name: string): Promise<Map<string, Timestamp>> {
    while (this.#known === null) {
      this.#reading ??= this.#read().finally(() => {
        this.#reading = null;
      });
      await this.#reading;
    }
    return new Map(this.#known.get(name));
  }

  /** Takes over what has been committed. What is raised already keeps its time, as in the store. */
  note({ raise, clear, at }: Pick<AlertCommit, 'raise' | 'clear' | 'at'>): void {
    if (raise.length + clear.length === 0) return;
    this.#changes += 1;
    for (const key of clear) this.#known?.get(partsOfKey(key).about)?.delete(key);
    for (const key of raise) this.#raise(key, at);
  }

  /** Has all of it read anew: times in the store have changed. */
  forget(): void {
    this.#changes += 1;
    this.#known = null;
  }

  async #read(): Promise<void> {
    const before = this.#changes;
    const alerts = await this.#store.readAlerts();
    if (this.#changes !== before) return;
    this.#known = new Map();
    for (const [key, since] of alerts) this.#raise(key, since);
  }

  #raise(key: string, at: Timestamp): void {
    if (this.#known === null) return;
    const { about } = partsOfKey(key);
    const raised = this.#known.get(about) ?? new Map<string, Timestamp>();
    if (!raised.has(key)) raised.set(key, at);
    this.#known.set(about, raised);
  }
}

import type { Timestamp } from '../domain/instant.ts';

/** What the configuration in force names. */
export interface Names {
  watches: readonly string[];
  channels: readonly string[];
  /** When watches were last polled with success, as far as an earlier process has noted it. */
  lastSuccesses?: ReadonlyMap<string, Timestamp>;
}

/** Some of the metrics, which belong together. */
export interface Figures {
  /** Those of them that are by watch or by channel know these names from now on, and no others. */
  apply?(names: Names): void;
  /** Brings up to date what is read from the store at each scrape. What cannot be read is left out. */
  refresh?(): Promise<void>;
  /** Stops listening. */
  end?(): void;
}

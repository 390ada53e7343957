import type { WatcherConfig } from '../config/config.ts';
import type { TellingConfig } from '../domain/explain/why.ts';

/** Picks what explains who is told from the configuration in force now. */
export function tellingConfigOf({ routes, channels, fallbacks }: WatcherConfig): TellingConfig {
  return { routes, fallbacks, channels: channels.map(({ name }) => name) };
}

import { blindnessOf, type WatchStatus } from '../../watcher/status.ts';
import type { WatchSight } from './report.ts';
import type { ToldElsewhere } from './told-elsewhere.ts';

/** Says how a watch is doing, as far as this process knows. */
export function sightOf(watch: WatchStatus): WatchSight {
  if (watch.polledBy !== null) return 'elsewhere';
  const blindness = blindnessOf(watch);
  // It waits for its first poll in this process, and there is still time.
  if (blindness === 'unpolled' && watch.fault === null) return 'starting';
  if (blindness !== null) return 'blind';
  return watch.faults.length > 0 ? 'partly_blind' : 'sees';
}

/** The same with what other replicas have told: a watch that one of them cannot read is blind here as well. */
export function sightWith(watch: WatchStatus, told: readonly ToldElsewhere[]): WatchSight {
  const own = sightOf(watch);
  const about = told.filter(({ about, name }) => about === 'watch' && name === watch.watch);
  if (about.length === 0) return own;
  if (own === 'elsewhere') return about.some(({ place }) => place === null) ? 'blind' : 'partly_blind';
  return own === 'sees' ? 'partly_blind' : own;
}

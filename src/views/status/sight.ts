import { blindnessOf, type WatchStatus } from '../../watcher/status.ts';
import type { WatchSight } from './report.ts';

/** Says how a watch is doing, as far as this process knows. */
export function sightOf(watch: WatchStatus): WatchSight {
  if (watch.polledBy !== null) return 'elsewhere';
  const blindness = blindnessOf(watch);
  // It waits for its first poll in this process, and there is still time.
  if (blindness === 'unpolled' && watch.fault === null) return 'starting';
  if (blindness !== null) return 'blind';
  return watch.faults.length > 0 ? 'partly_blind' : 'sees';
}

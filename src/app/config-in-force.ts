import { resolve } from 'node:path';
import type { WatcherConfig } from '../config/config.ts';
import { nextRun } from '../config/cron.ts';
import { nextDigestOf } from '../config/digests.ts';
import { tellingConfigOf } from '../config/store-access.ts';
import type { AppDeps } from '../http/app.ts';
import { placeOfStore } from '../store/ports/address.ts';
import type { ConfigInForce } from '../views/status/from-daemon.ts';
import type { LastReload } from './reload/reloader.ts';

/** Tells what `status` shows of the configuration in force. */
export function configInForce(
  { file, sha256, watches, channels, testAlert, store }: WatcherConfig,
  { loadedAt, lastReload }: { loadedAt: number; lastReload: LastReload | null },
): ConfigInForce {
  return {
    file: resolve(file),
    sha256,
    loadedAt,
    lastReload,
    store: placeOfStore(store),
    schedules: new Map(watches.map(({ name, schedule }) => [name, schedule])),
    nextDigestAt: nextDigestOf(channels),
    testAlert: testAlert && {
      event: testAlert.event,
      watch: testAlert.watch,
      nextAt: nextRun(testAlert.schedule, 'UTC'),
    },
  };
}

/** What of a configuration answers over HTTP go by, each as it is in force when somebody asks. */
export function configForServer(
  config: () => WatcherConfig,
): Pick<
  AppDeps,
  'tokens' | 'publicBadges' | 'publicUrl' | 'runbookUrl' | 'rtos' | 'drills' | 'telling' | 'mutableWatches'
> {
  return {
    tokens: () => config().server,
    publicBadges: () => config().server.publicBadges,
    publicUrl: () => config().publicUrl,
    runbookUrl: () => config().runbookUrl,
    rtos: () => rtosOf(config()),
    drills: () => config().drills,
    telling: () => tellingConfigOf(config()),
    mutableWatches: () => config().watches,
  };
}

function rtosOf({ watches }: WatcherConfig): Map<string, number> {
  return new Map(watches.flatMap(({ name, rtoMs }) => (rtoMs === null ? [] : [[name, rtoMs] as const])));
}

import type { PublicPlace } from '../domain/job/place.ts';
import type { Signals } from '../signals.ts';
import type { Figures } from './figures.ts';
import type { Instruments } from './instruments.ts';
import { createRoster } from './roster.ts';

/** Names the projects and instances that a `*` watch cannot read, a series each while it lasts. */
export function showFailingPlaces(instruments: Instruments, signals: Signals): Figures {
  const gauge = instruments.gauge('restore_watcher_place_failing');
  const shown = new Map<string, readonly PublicPlace[]>();
  const show = (watch: string, places: readonly PublicPlace[]): void => {
    for (const place of shown.get(watch) ?? []) gauge.remove(labelsOf(watch, place));
    for (const place of places) gauge.set(labelsOf(watch, place), 1);
    shown.set(watch, places);
  };
  const series = createRoster({ come: () => {}, go: (watch) => show(watch, []) });
  const end = signals.on('poll:finished', ({ watch, failing = [] }) => {
    if (series.has(watch)) show(watch, failing);
  });
  return { apply: ({ watches }) => series.apply(watches), end };
}

function labelsOf(watch: string, { groupId, instanceName = '' }: PublicPlace) {
  return { watch, project: groupId, instance_name: instanceName };
}

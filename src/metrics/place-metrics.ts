import { Gauge, type Registry } from 'prom-client';
import type { PublicPlace } from '../domain/job/place.ts';
import type { Signals } from '../signals.ts';
import { createRoster } from './roster.ts';

/** Names the projects and instances that a `*` watch cannot read, a series each while it lasts. */
export function showFailingPlaces(
  registry: Registry,
  prefix: string,
  signals: Signals,
): { apply: (names: { watches: readonly string[] }) => void; end: () => void } {
  const gauge = new Gauge({
    name: `${prefix}place_failing`,
    help: '1 for each project, or instance of one, that a watch with "*" cannot read by itself. Alert on any.',
    labelNames: ['watch', 'project', 'instance'],
    registers: [registry],
  });
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
  return { watch, project: groupId, instance: instanceName };
}

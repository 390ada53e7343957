import { partsOfKey } from '../../domain/event/alert.ts';
import { type Timestamp, toIso } from '../../domain/instant.ts';
import { type PublicPlace, placeWords, publicPlace } from '../../domain/job/place.ts';

/** What is told of a drill and lasts: the alert itself, so that whoever asks says the same as was told. */
export interface DrillReport {
  watch: string;
  /** `null`: `expectRestoreEvery` of the watch, which has no name. */
  drill: string | null;
  /** The instance, of a watch that has several. */
  place: PublicPlace | null;
  state: 'overdue' | 'failed';
  /** When it was told. */
  since: string;
}

const STATES: ReadonlyMap<string, DrillReport['state']> = new Map([
  ['drill_overdue', 'overdue'],
  ['drill_failed', 'failed'],
]);

/** Lists what is raised of drills, of all that is raised by key. */
export function drillReports(alerts: ReadonlyMap<string, Timestamp>): DrillReport[] {
  return [...alerts].flatMap(([key, since]) => {
    const { name, about: watch, place, drill } = partsOfKey(key);
    const state = STATES.get(name);
    if (state === undefined) return [];
    return [{ watch, drill, place: place && publicPlace(place), state, since: toIso(since) }];
  });
}

/** Says what is wrong with a drill, without its watch and its time. */
export function drillFault({ drill, place, state }: DrillReport): string {
  const what = drill === null ? 'the restore drill' : `the drill ${drill}`;
  const where =
    place === null ? '' : ` of ${placeWords({ instanceName: null, ...place, projectName: null })}`;
  return state === 'overdue'
    ? `${what}${where} is overdue: no restore has finished for longer than agreed`
    : `${what}${where} did not go as agreed`;
}

/** The same in a line that stands alone. */
export function drillLine(report: DrillReport): string {
  return `watch ${report.watch}: ${drillFault(report)}, told at ${report.since.slice(0, 19)}Z`;
}

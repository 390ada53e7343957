import type { WatcherConfig } from '../../../config/config.ts';
import { isWildcard, type Watch } from '../../../domain/job/watch.ts';
import { StoreError } from '../../../errors.ts';
import type { StoreReader } from '../../../store/store.ts';
import type { Cli } from '../../command.ts';
import { UsageError } from '../../errors.ts';
import { readStore } from '../../view/listing.ts';
import { printable } from '../../view/text.ts';
import type { GivenId } from './named-ids.ts';

/** What the command line says of where the jobs are. */
export interface PlaceOptions {
  project?: string;
  instance?: string;
  /** False with `--no-store`. */
  store: boolean;
}

/** A project and an instance. */
type Place = Pick<Watch, 'groupId' | 'instanceName'>;

/**
 * The watch, narrowed to one instance: the one that is named, or else the one that the given jobs are on record with.
 * @throws {UsageError} where neither says it, with the instances that restores are on record of.
 */
export async function watchAt(
  cli: Cli,
  { config, name, given }: { config: WatcherConfig; name: string; given: readonly GivenId[] },
  { project, instance, store: usesStore }: PlaceOptions,
): Promise<Watch> {
  const watch = config.watches.find((candidate) => candidate.name === name);
  if (!watch) {
    const names = config.watches.map((each) => each.name).join(', ');
    throw new UsageError(`no watch ${printable(name)} is configured`, `There are: ${names}.`);
  }
  const narrowed = {
    ...watch,
    groupId: narrow('project', watch.groupId, project),
    instanceName: narrow('instance', watch.instanceName, instance),
  };
  if (!isWildcard(narrowed)) return narrowed;
  const known = usesStore ? await placesOnRecord(cli, config, narrowed, given) : [];
  const [only, ...others] = known;
  if (given.length > 0 && only !== undefined && others.length === 0) return { ...narrowed, ...only };
  throw manyInstances(narrowed, known);
}

function narrow(what: string, configured: string, asked: string | undefined): string {
  if (asked === undefined || asked === configured) return configured;
  if (configured !== '*')
    throw new UsageError(`the watch has ${what} ${configured}, not ${printable(asked)}`);
  return asked;
}

function manyInstances({ name, groupId, instanceName }: Watch, known: readonly Place[]): UsageError {
  const missing = [
    ...(groupId === '*' ? ['--project ID'] : []),
    ...(instanceName === '*' ? ['--instance NAME'] : []),
  ];
  const words = known.map((place) =>
    groupId === '*' ? `${place.instanceName} in ${place.groupId}` : place.instanceName,
  );
  const onRecord = words.length === 0 ? '' : ` Restores are on record of: ${words.join(', ')}.`;
  return new UsageError(
    `watch ${name} follows more than one instance, and wait follows the jobs of one`,
    `Name it: ${missing.join(' ')}.${onRecord}`,
  );
}

const MOST = 10;

/** The places within the watch of the given jobs, as the store has them; of all jobs where none is given. A store that cannot be read knows none. */
async function placesOnRecord(
  cli: Cli,
  config: WatcherConfig,
  watch: Watch,
  given: readonly GivenId[],
): Promise<Place[]> {
  const read = given.length > 0 ? placesOfJobs(watch.name, given) : placesSeen(watch.name);
  const found = await readStore(cli, config, read).catch((thrown: unknown) => {
    if (thrown instanceof StoreError) return [];
    throw thrown;
  });
  const within = (found ?? []).filter(
    (place) =>
      ['*', place.groupId].includes(watch.groupId) && ['*', place.instanceName].includes(watch.instanceName),
  );
  const each = within.map(({ groupId, instanceName }): [string, Place] => [
    `${groupId}/${instanceName}`,
    { groupId, instanceName },
  ]);
  return [...new Map(each).values()].slice(0, MOST);
}

function placesOfJobs(watch: string, given: readonly GivenId[]): (store: StoreReader) => Promise<Place[]> {
  return async (store) => {
    const found = await Promise.all(given.map(({ form }) => store.findJobIds(form, MOST)));
    // One that nobody has seen may be anywhere.
    if (found.some(({ ids }) => ids.length === 0)) return [];
    const seen = await store.readObservations(
      watch,
      found.flatMap(({ ids }) => ids),
    );
    return [...seen.values()].flatMap(({ job }) => job ?? []);
  };
}

function placesSeen(watch: string): (store: StoreReader) => Promise<Place[]> {
  return async (store) => {
    const running = await store.oldestRunning([watch], MOST);
    return [...running.flatMap(({ job }) => job ?? []), ...(await store.lastFinishes([watch], MOST))];
  };
}

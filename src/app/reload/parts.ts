import { isDeepStrictEqual } from 'node:util';
import type { Notifier } from '../../channels/notifier.ts';
import type { ReceiverLimiter } from '../../channels/receiver-limiter.ts';
import type { ChannelConfig, ConnectionConfig, WatcherConfig } from '../../config/config.ts';
import type { BudgetState } from '../../source/budget/budgets.ts';
import { createReplaceableSource, type ReplaceableSource } from '../../source/replaceable-source.ts';
import type { JobSource } from '../../source/source.ts';
import type { Witness } from '../../witness/witness.ts';
import { createWitnessClient, type WitnessConfig } from '../../witness/witness-client.ts';
import {
  type BuiltSource,
  buildNotifier,
  buildSource,
  type NotifierDeps,
  type SourceDeps,
} from '../adapters.ts';

/** The sources, notifiers and clients of witnesses in use. A new configuration replaces those that it changes, and leaves the others alone. */
export interface Parts {
  /**
   * Builds what `config` asks for and is not there yet. The parts in use stay as they are until the staged ones are applied.
   * @throws {WatcherError} when a part cannot be built; those that could are closed again.
   */
  stage(config: WatcherConfig): Promise<StagedParts>;
  close(): Promise<void>;
}

/** The sources, notifiers and clients of witnesses of another configuration, built and not yet in use. */
export interface StagedParts {
  /** By the name of the connection. A connection that has changed keeps its object: the source inside is replaced. */
  sources: ReadonlyMap<string, JobSource>;
  /** One for each channel; the same object as before where nothing has changed. */
  notifiers: readonly Notifier[];
  /** One for each witness; as with notifiers. */
  witnesses: readonly Witness[];
  /** Puts them in use. @returns the function that closes the old parts, to be called when nothing uses those any more. */
  apply(): () => Promise<void>;
  /** Closes those that were built for nothing, when they are not to be applied after all. Does nothing once they were. */
  discard(): Promise<void>;
}

/** What the parts are built with, besides the configuration. */
export interface PartsDeps extends Omit<SourceDeps, 'storeUrl'> {
  limiter: ReceiverLimiter;
  readCheckpoint: NotifierDeps['readCheckpoint'];
  /** Is told of each connection how its budgets can be read; `null` when it has gone. */
  onBudgets: (connection: string, read: (() => BudgetState[]) | null) => void;
}

/** Things by name, each with what it was built from: equal recipes need no new thing. */
type Built<Thing> = ReadonlyMap<string, { recipe: unknown; thing: Thing }>;

interface Closable {
  close(): Promise<void> | void;
}

/** Starts without any part: the first configuration is staged and applied like every other. */
export function createParts(deps: PartsDeps): Parts {
  let sources: Built<BuiltSource> = new Map();
  let handles: ReadonlyMap<string, ReplaceableSource> = new Map();
  let notifiers: Built<Notifier> = new Map();
  let witnesses: Built<Witness> = new Map();

  /** Puts new sources into the handles of those that they replace. Resolves when the replaced ones are closed. */
  const replaceSources = async (next: Built<BuiltSource>): Promise<void> => {
    const replaced: Array<Promise<void>> = [];
    for (const [name, { thing }] of next) {
      const before = sources.get(name)?.thing;
      if (before === thing) continue;
      deps.onBudgets(name, thing.budgets);
      const handle = before && handles.get(name);
      if (handle) replaced.push(handle.replace(thing.source));
    }
    await Promise.all(replaced);
  };
  /** The same, begun at once and waited for later: until then nobody would be told that it has failed. */
  const beginToReplace = (next: Built<BuiltSource>): (() => Promise<void>) => {
    const replaced = replaceSources(next);
    replaced.catch(() => undefined);
    return () => replaced;
  };

  const buildMissing = async (config: WatcherConfig) => {
    const sourceDeps = { ...deps, storeUrl: config.store.url };
    const built: Closable[] = [];
    try {
      const nextSources = keepOrBuild(sources, config.connections, config, (each) => {
        const thing = buildSource(each, sourceDeps);
        built.push(thing.source);
        return thing;
      });
      const nextNotifiers = keepOrBuild(notifiers, config.channels, config, (each) => {
        const thing = buildNotifier(each, deps);
        built.push(thing);
        return thing;
      });
      const nextWitnesses = keepOrBuild(witnesses, config.audit.witnesses.map(named), config, (each) => {
        const thing = createWitnessClient(each);
        built.push(thing);
        return thing;
      });
      return { nextSources, nextNotifiers, nextWitnesses, built };
    } catch (error) {
      await closeAll(built);
      throw error;
    }
  };

  const stage = async (config: WatcherConfig): Promise<StagedParts> => {
    const { nextSources, nextNotifiers, nextWitnesses, built } = await buildMissing(config);
    let isApplied = false;
    const nextHandles = new Map(
      [...nextSources].map(([name, { thing }]) => [
        name,
        handles.get(name) ?? createReplaceableSource(thing.source),
      ]),
    );
    return {
      sources: nextHandles,
      notifiers: [...nextNotifiers.values()].map(({ thing }) => thing),
      witnesses: [...nextWitnesses.values()].map(({ thing }) => thing),
      discard: async () => {
        if (!isApplied) await closeAll(built.splice(0));
      },
      apply: () => {
        isApplied = true;
        const replaced = beginToReplace(nextSources);
        const goneHandles = [...handles].filter(([name]) => !nextHandles.has(name));
        for (const [name] of goneHandles) deps.onBudgets(name, null);
        const gone = [
          ...goneHandles.map(([, handle]) => handle),
          ...onlyIn(notifiers, nextNotifiers),
          ...onlyIn(witnesses, nextWitnesses),
        ];
        [sources, handles] = [nextSources, nextHandles];
        [notifiers, witnesses] = [nextNotifiers, nextWitnesses];
        return async () => {
          await Promise.all([replaced(), closeAll(gone)]);
        };
      },
    };
  };

  const inUse = (): Closable[] => [
    ...handles.values(),
    ...onlyIn(notifiers, new Map()),
    ...onlyIn(witnesses, new Map()),
  ];
  return { stage, close: () => closeAll(inUse()) };
}

type NamedWitness = WitnessConfig & { name: string };

/** Two addresses may lead to witnesses with one key. */
function named(config: WitnessConfig): NamedWitness {
  return { ...config, name: `${config.key.name} ${config.url}` };
}

/** Keeps each part whose configuration and files are as before, and builds the others. */
function keepOrBuild<Config extends ConnectionConfig | ChannelConfig | NamedWitness, Thing>(
  before: Built<Thing>,
  wanted: readonly Config[],
  { files }: WatcherConfig,
  build: (config: Config) => Thing,
): Built<Thing> {
  return new Map(
    wanted.map((config) => {
      const caFile = 'caFile' in config ? config.caFile : null;
      const recipe = [config, caFile === null ? null : files.get(caFile)];
      const kept = before.get(config.name);
      const stays = kept !== undefined && isDeepStrictEqual(kept.recipe, recipe);
      return [config.name, stays ? kept : { recipe, thing: build(config) }];
    }),
  );
}

function onlyIn<Thing>(parts: Built<Thing>, others: Built<Thing>): Thing[] {
  return [...parts].flatMap(([name, { thing }]) => (others.get(name)?.thing === thing ? [] : [thing]));
}

/** One that does not close well does not keep the others open. @throws the fault of the first that did not. */
async function closeAll(things: readonly Closable[]): Promise<void> {
  const ends = await Promise.allSettled(things.map(async (thing) => thing.close()));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

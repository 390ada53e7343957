import { isDeepStrictEqual } from 'node:util';
import type { Notifier } from '../../channels/notifier.ts';
import type { UrlLimiter } from '../../channels/rate-limiter.ts';
import type { ChannelConfig, ConnectionConfig, WatcherConfig } from '../../config/config.ts';
import type { BudgetState } from '../../source/budget/budgeted-send.ts';
import { createReplaceableSource, type ReplaceableSource } from '../../source/replaceable-source.ts';
import type { JobSource } from '../../source/source.ts';
import { type BuiltSource, buildNotifier, buildSource, type SourceDeps } from '../adapters.ts';

/** The sources and notifiers in use. A new configuration exchanges those that it changes, and leaves the others alone. */
export interface Equipment {
  /**
   * Builds what `config` asks for and is not there yet. What is in use stays as it is until the fitting is adopted.
   * @throws {WatcherError} when a part cannot be built; those that could are closed again.
   */
  fit(config: WatcherConfig): Promise<Fitting>;
  close(): Promise<void>;
}

export interface Fitting {
  /** By the name of the connection. A connection that has changed has the object it had before: its inside is exchanged. */
  sources: ReadonlyMap<string, JobSource>;
  /** One for each channel; the same object as before where nothing has changed. */
  notifiers: readonly Notifier[];
  /** Brings it into use. @returns what closes the parts that have gone, to be called when nothing uses them any more. */
  adopt(): () => Promise<void>;
}

export interface EquipmentDeps extends Omit<SourceDeps, 'storeUrl'> {
  limiter: UrlLimiter;
  /** Is told of each connection how its budgets can be read; `null` when it has gone. */
  onBudgets: (connection: string, read: (() => BudgetState[]) | null) => void;
}

/** Things by name, each with what it was built from: equal recipes need no new thing. */
type Parts<Thing> = ReadonlyMap<string, { recipe: unknown; thing: Thing }>;

interface Closable {
  close(): Promise<void>;
}

export function createEquipment(deps: EquipmentDeps): Equipment {
  let sources: Parts<BuiltSource> = new Map();
  let handles: ReadonlyMap<string, ReplaceableSource> = new Map();
  let notifiers: Parts<Notifier> = new Map();

  /** Brings the sources that are new into their handles. Resolves when those that they replace have been closed. */
  const exchange = async (next: Parts<BuiltSource>): Promise<void> => {
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

  const refitAll = async (config: WatcherConfig) => {
    const sourceDeps = { ...deps, storeUrl: config.store.url };
    const built: Closable[] = [];
    try {
      const nextSources = refit(sources, config.connections, config, (each) => {
        const thing = buildSource(each, sourceDeps);
        built.push(thing.source);
        return thing;
      });
      const nextNotifiers = refit(notifiers, config.channels, config, (each) => {
        const thing = buildNotifier(each, deps);
        built.push(thing);
        return thing;
      });
      return { nextSources, nextNotifiers };
    } catch (error) {
      await closeAll(built);
      throw error;
    }
  };

  const fit = async (config: WatcherConfig): Promise<Fitting> => {
    const { nextSources, nextNotifiers } = await refitAll(config);
    const nextHandles = new Map(
      [...nextSources].map(([name, { thing }]) => [
        name,
        handles.get(name) ?? createReplaceableSource(thing.source),
      ]),
    );
    return {
      sources: nextHandles,
      notifiers: [...nextNotifiers.values()].map(({ thing }) => thing),
      adopt: () => {
        const exchanged = exchange(nextSources);
        const goneHandles = [...handles].filter(([name]) => !nextHandles.has(name));
        for (const [name] of goneHandles) deps.onBudgets(name, null);
        const gone = [...goneHandles.map(([, handle]) => handle), ...onlyIn(notifiers, nextNotifiers)];
        [sources, handles, notifiers] = [nextSources, nextHandles, nextNotifiers];
        return async () => {
          await Promise.all([exchanged, closeAll(gone)]);
        };
      },
    };
  };

  return { fit, close: () => closeAll([...handles.values(), ...onlyIn(notifiers, new Map())]) };
}

/** Keeps what would be built from the same again, files included. */
function refit<Config extends ConnectionConfig | ChannelConfig, Thing>(
  before: Parts<Thing>,
  wanted: readonly Config[],
  { files }: WatcherConfig,
  build: (config: Config) => Thing,
): Parts<Thing> {
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

function onlyIn<Thing>(parts: Parts<Thing>, others: Parts<Thing>): Thing[] {
  return [...parts].flatMap(([name, { thing }]) => (others.get(name)?.thing === thing ? [] : [thing]));
}

async function closeAll(things: readonly Closable[]): Promise<void> {
  await Promise.all(things.map((thing) => thing.close()));
}

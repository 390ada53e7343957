import { isDeepStrictEqual } from 'node:util';
import { toError } from '../errors.ts';
import { type HeartbeatDeps, startHeartbeat } from './heartbeat.ts';

/** Where and how often; see `HeartbeatDeps`. */
export type HeartbeatConfig = Pick<HeartbeatDeps, 'url' | 'failUrl' | 'everyMs' | 'caFile'>;

/** What of a configuration is about the heartbeat. */
export interface HeartbeatPart {
  /** `null`: there is none. */
  heartbeat: HeartbeatConfig | null;
  /** What stands in the files of the configuration, by path: what is new in `caFile` makes a new heartbeat. */
  files: ReadonlyMap<string, string>;
}

/** The heartbeat as the configuration in force wants it. */
export interface HeartbeatKeeper {
  /** Calls like this from now on. The same as before goes on undisturbed. */
  apply(part: HeartbeatPart): void;
  stop(): Promise<void>;
}

/** Calls nobody until a configuration with a heartbeat is applied. */
export function keepHeartbeat(deps: Omit<HeartbeatDeps, keyof HeartbeatConfig>): HeartbeatKeeper {
  let current: unknown = [null, null];
  let end: (() => Promise<void>) | null = null;
  let ending: Promise<void> = Promise.resolve();

  const start = (config: HeartbeatConfig): (() => Promise<void>) | null => {
    try {
      return startHeartbeat({ ...deps, ...config });
    } catch (error) {
      // Whoever waits for it hears nothing, and tells somebody.
      deps.logger.error('The heartbeat cannot be sent', { err: toError(error) });
      return null;
    }
  };

  const apply: HeartbeatKeeper['apply'] = ({ heartbeat: config, files }) => {
    const recipe = [config, config?.caFile ? files.get(config.caFile) : null];
    if (isDeepStrictEqual(recipe, current)) return;
    const endLast = end;
    ending = Promise.all([ending, endLast?.()])
      .then(() => undefined)
      .catch((error: unknown) =>
        deps.logger.error('The heartbeat did not end well', { err: toError(error) }),
      );
    current = recipe;
    end = config && start(config);
  };
  return {
    apply,
    stop: () => {
      apply({ heartbeat: null, files: new Map() });
      return ending;
    },
  };
}

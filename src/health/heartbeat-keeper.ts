import { isDeepStrictEqual } from 'node:util';
import { ConfigError, issueText, toError } from '../errors.ts';
import { type Heartbeat, type HeartbeatDeps, startHeartbeat } from './heartbeat.ts';
import type { HeartbeatFault } from './heartbeat-answer.ts';

/** Where and how often; see `HeartbeatDeps`. */
export type HeartbeatConfig = Pick<HeartbeatDeps, 'url' | 'failUrl' | 'everyMs' | 'caFile' | 'checkpoint'>;

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
  /** Why whoever waits for it does not hear it; `null`: it does, as far as is known, or there is none. */
  fault(): HeartbeatFault | null;
  stop(): Promise<void>;
}

/** Calls nobody until a configuration with a heartbeat is applied. */
export function keepHeartbeat(deps: Omit<HeartbeatDeps, keyof HeartbeatConfig>): HeartbeatKeeper {
  let current: unknown = [null, null];
  let heartbeat: Heartbeat | null = null;
  let ending: Promise<void> = Promise.resolve();

  const start = (config: HeartbeatConfig): Heartbeat => {
    try {
      return startHeartbeat({ ...deps, ...config });
    } catch (thrown) {
      // Whoever waits for it hears nothing, and tells somebody.
      const err = toError(thrown);
      deps.logger.error('The heartbeat cannot be sent', { err });
      const fault = { kind: 'unsent', detail: wordsOf(err), hint: null, since: deps.clock.now() } as const;
      return { fault: () => fault, stop: async () => {} };
    }
  };

  const apply: HeartbeatKeeper['apply'] = ({ heartbeat: config, files }) => {
    const recipe = [config, config?.caFile ? files.get(config.caFile) : null];
    if (isDeepStrictEqual(recipe, current)) return;
    ending = Promise.all([ending, heartbeat?.stop()])
      .then(() => undefined)
      .catch((error: unknown) =>
        deps.logger.error('The heartbeat did not end well', { err: toError(error) }),
      );
    current = recipe;
    heartbeat = config && start(config);
  };
  return {
    apply,
    fault: () => heartbeat?.fault() ?? null,
    stop: () => {
      apply({ heartbeat: null, files: new Map() });
      return ending;
    },
  };
}

function wordsOf(err: Error): string {
  return err instanceof ConfigError ? err.issues.map(issueText).join('; ') : err.message;
}

import { isDeepStrictEqual } from 'node:util';
import { toError } from '../errors.ts';
import { type HeartbeatDeps, startHeartbeat } from './heartbeat.ts';

/** Where and how often; see `HeartbeatDeps`. */
export type HeartbeatConfig = Pick<HeartbeatDeps, 'url' | 'failUrl' | 'everyMs'>;

/** The heartbeat as the configuration in force wants it. */
export interface HeartbeatKeeper {
  /** Calls like this from now on; `null`: not at all. The same as before goes on undisturbed. */
  apply(config: HeartbeatConfig | null): void;
  stop(): Promise<void>;
}

/** Calls nobody until a configuration with a heartbeat is applied. */
export function keepHeartbeat(deps: Omit<HeartbeatDeps, keyof HeartbeatConfig>): HeartbeatKeeper {
  let current: HeartbeatConfig | null = null;
  let end: (() => Promise<void>) | null = null;
  let ending: Promise<void> = Promise.resolve();

  const apply = (config: HeartbeatConfig | null): void => {
    if (isDeepStrictEqual(config, current)) return;
    const endLast = end;
    ending = Promise.all([ending, endLast?.()])
      .then(() => undefined)
      .catch((error: unknown) =>
        deps.logger.error('The heartbeat did not end well', { err: toError(error) }),
      );
    current = config;
    end = config && startHeartbeat({ ...deps, ...config });
  };
  return {
    apply,
    stop: () => {
      apply(null);
      return ending;
    },
  };
}

import { isDeepStrictEqual } from 'node:util';
import { toError } from '../errors.ts';
import { type HeartbeatDeps, startHeartbeat } from './heartbeat.ts';

/** Where and how often; see `HeartbeatDeps`. */
export type HeartbeatPlan = Pick<HeartbeatDeps, 'url' | 'failUrl' | 'everyMs'>;

/** The heartbeat as the configuration in force wants it. */
export interface HeartbeatKeeper {
  /** Beats like this from now on; `null`: not at all. The same as before goes on undisturbed. */
  follow(plan: HeartbeatPlan | null): void;
  stop(): Promise<void>;
}

export function keepHeartbeat(deps: Omit<HeartbeatDeps, keyof HeartbeatPlan>): HeartbeatKeeper {
  let current: HeartbeatPlan | null = null;
  let end: (() => Promise<void>) | null = null;
  let ending: Promise<void> = Promise.resolve();

  const follow = (plan: HeartbeatPlan | null): void => {
    if (isDeepStrictEqual(plan, current)) return;
    const endLast = end;
    ending = Promise.all([ending, endLast?.()])
      .then(() => undefined)
      .catch((error: unknown) =>
        deps.logger.error('The heartbeat did not end well', { err: toError(error) }),
      );
    current = plan;
    end = plan && startHeartbeat({ ...deps, ...plan });
  };
  return {
    follow,
    stop: () => {
      follow(null);
      return ending;
    },
  };
}

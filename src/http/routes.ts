import type { RequestListener } from 'node:http';
import { toError } from '../errors.ts';
import { createFaultLog } from '../logging/fault-log.ts';
import type { Logger } from '../logging/logger.ts';
import { type Refusal, sendRefusal } from './refusal.ts';

/** Routes that are loaded after the server has begun to listen. */
export interface LateRoutes {
  /** Answers a request when they are loaded; refuses it with 503 when they cannot be. Never throws. */
  listener: RequestListener;
  /** Loads them, which the first request does otherwise. */
  prepare(): void;
}

const NOT_LOADED: Refusal = {
  status: 503,
  error: 'what answers requests could not be loaded',
  hint: 'ask again in a moment; the log says why',
};

const HINT =
  'It is tried again with the next request. Have the files of the program been replaced or taken away while it runs? Then start it again.';

/**
 * Loads the routes once, for all who ask meanwhile. When that fails (no descriptor is left, say), each request tries it again: the process has
 * polls and deliveries to go on with.
 */
export function createRoutes(load: () => Promise<RequestListener>, logger: Logger): LateRoutes {
  const faultLog = createFaultLog(logger);
  let routes: RequestListener | null = null;
  let loading: Promise<void> | null = null;

  const loadLogged = async (): Promise<void> => {
    try {
      routes = await load();
      faultLog.clear('routes', 'What answers over HTTP is loaded');
    } catch (thrown) {
      const err = toError(thrown);
      const message = `What answers over HTTP could not be loaded: ${err.message}`;
      faultLog.report('routes', message, { err, hint: HINT }, 'error');
    }
    loading = null;
  };
  const loaded = async (): Promise<RequestListener | null> => {
    if (routes !== null) return routes;
    loading ??= loadLogged();
    await loading;
    return routes;
  };
  return {
    listener: async (request, response) => {
      const answer = await loaded();
      if (answer === null) sendRefusal(response, NOT_LOADED);
      else answer(request, response);
    },
    prepare: () => void loaded(),
  };
}

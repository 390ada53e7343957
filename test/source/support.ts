import { type Clock, systemClock } from '../../src/clock.ts';
import {
  type Connection,
  type ConnectionOptions,
  createConnection,
  type MeasuredConnection,
} from '../../src/source/connection.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';
import { clientOver, type HttpFetch } from './fetch-client.ts';

/** A connection for a loopback server, or for an Atlas in memory (`fetch`); nothing waits longer than it must. */
export function aConnection(
  baseUrl: string,
  { fetch, ...over }: Partial<ConnectionOptions> & { fetch?: HttpFetch } = {},
): MeasuredConnection {
  return createConnection({
    name: 'atlas',
    baseUrl,
    auth: { type: 'digest', publicKey: 'public', privateKey: 'private' },
    requestTimeoutMs: 10_000,
    retries: 0,
    requestsPerMinute: 100_000,
    caFile: null,
    clock: systemClock,
    logger: createRecordingLogger(),
    random: () => 0,
    ...(fetch ? { client: clientOver(fetch) } : {}),
    ...over,
  });
}

export const PATH = '/api/atlas/v1.0/groups/64b0c1d2e3f4a5b6c7d8e9f0/serverless/orders/backup/restoreJobs';

export function get(connection: Connection, signal = new AbortController().signal, path = PATH) {
  const request = { accept: 'application/json', budgetKey: 'project', role: 'Project Owner', signal };
  return connection.getJson(path, request);
}

/** Real time, and jumps on top of it: hours pass in a test without anybody waiting. */
export function createJumpingClock(): Clock & { jump(ms: number): void } {
  let ahead = 0;
  return {
    now: () => systemClock.now() + ahead,
    monotonic: () => systemClock.monotonic() + ahead,
    sleep: systemClock.sleep,
    jump: (ms) => {
      ahead += ms;
    },
  };
}

import { once } from 'node:events';
import { request } from 'node:http';
import { onTestFinished } from 'vitest';
import type { ReloadOutcome } from '../../src/config/changes.ts';
import { type ServerOptions, startServer } from '../../src/http/server.ts';
import { createSignals } from '../../src/signals.ts';
import { reportOfDaemon } from '../../src/views/status/from-daemon.ts';
import { aRoute, aWatch, T0 } from '../support/builders.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { readingStore, type StoreContent } from '../support/reading-store.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';
import { aWatcherStatus } from '../support/statuses.ts';
import { expectDocumented } from './documented.ts';

export const NONE = { added: [], removed: [], changed: [] };
export const APPLIED: ReloadOutcome = { kind: 'applied', watches: NONE, channels: NONE };

interface Given {
  token?: () => string | null;
  viewToken?: string | null;
}

/** Starts a status server over a store with this content; it is closed when the test ends. */
export async function serve(
  content: StoreContent = {},
  { token = () => null, viewToken = null, ...over }: Partial<ServerOptions> & Given = {},
) {
  const store = readingStore(content);
  const logger = createRecordingLogger();
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    version: '1.2.3',
    tokens: () => ({ token: token(), viewToken }),
    publicBadges: () => false,
    publicUrl: () => null,
    runbookUrl: () => null,
    rtos: () => new Map(),
    drills: () => [],
    telling: () => ({ routes: [aRoute()], channels: ['oncall'], fallbacks: [] }),
    reload: async () => APPLIED,
    pollSoon: () => 'begun',
    mutableWatches: () => [aWatch()],
    configFault: () => null,
    heartbeatFault: () => null,
    proveJob: async () => null,
    witness: async () => null,
    status: () => aWatcherStatus(),
    report: () =>
      reportOfDaemon({
        ...{ now: T0, version: '1.2.3', pid: 1, status: aWatcherStatus(), store },
        health: { reasons: [], warnings: [] },
        config: {
          ...{ file: '/w.json', sha256: 'c'.repeat(64), loadedAt: T0, lastReload: null, store: '/w.db' },
          ...{ schedules: new Map(), nextDigestAt: () => null, testAlert: null },
        },
      }),
    store,
    clock: createManualClock(T0),
    metrics: {
      render: async (format) => ({
        contentType: 'text/plain; version=0.0.4',
        text: `up{format="${format}"} 1\n`,
      }),
    },
    logger,
    signals: createSignals(logger),
    ...over,
  });
  onTestFinished(() => server.close());
  return {
    server,
    store,
    logged: logger.lines,
    get: (path: string, headers = {}) => ask(server.url + path, { headers }),
  };
}

export interface Answer {
  status: number;
  headers: Record<string, unknown>;
  text: string;
  body: Record<string, unknown> & { items: Array<Record<string, unknown>> };
}

/** Not fetch: it does not let a test choose the Host header. What comes is held against the OpenAPI document. */
export async function ask(
  url: string,
  { body: sent, ...options }: { method?: string; headers?: Record<string, string>; body?: string } = {},
) {
  const call = request(url, { agent: false, ...options });
  call.end(sent);
  const [response] = await once(call, 'response');
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  const isJson = String(response.headers['content-type']).startsWith('application/json') && text !== '';
  const answer = {
    status: response.statusCode,
    headers: response.headers,
    text,
    body: isJson ? JSON.parse(text) : {},
  } as Answer;
  expectDocumented(options.method ?? 'GET', url, answer);
  return answer;
}

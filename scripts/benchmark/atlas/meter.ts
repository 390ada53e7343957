import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { monotonicMs } from '../process/monotonic.ts';
import { cpuMs } from '../process/process-cost.ts';
import { jobId } from './jobs.ts';
import type { InstanceLook, PollReading } from './orders.ts';

/** What the requests to this process's HTTP server show of whoever polls. */
export interface Meter {
  /** From now on, the CPU time of this process is read whenever it polls the instance. */
  watch(instanceName: string, pid: number): void;
  /** These jobs have changed just now: the next answer that shows it is timed. */
  changed(instanceName: string, ids: readonly string[]): void;
  look(instanceName: string): InstanceLook;
}

interface Account {
  pid: number | null;
  requests: number;
  answers: number;
  polls: PollReading[];
  /** Changed, and in no answer that was begun since. */
  pending: Set<string>;
  shownAt: Map<string, number>;
}

const PATH = /\/serverless\/([^/]+)\/backup\/restoreJobs(?:\/([0-9a-f]{24}))?(?:\?(.*))?$/;
const KEEP_ALIVE_MS = 120_000;
const FIRST_ID = jobId(0);

/**
 * Counts by what Node tells of every HTTP server of the process, so that the simulator needs no part in it. A poll is counted when
 * its first page, or the first job by id, has been answered.
 */
export function startMeter(): Meter {
  const accounts = new Map<string, Account>();
  const accountOf = (name: string): Account => {
    let account = accounts.get(name);
    if (account === undefined) {
      account = { pid: null, requests: 0, answers: 0, polls: [], pending: new Set(), shownAt: new Map() };
      accounts.set(name, account);
    }
    return account;
  };
  const willShow = new WeakMap<IncomingMessage, string[]>();

  subscribe('http.server.request.start', (message) => {
    const { request, server } = message as { request: IncomingMessage; server: Server };
    // A client that polls once a second, on a machine with much to do, must not find its connection closed under its hands.
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    const [, name] = PATH.exec(request.url ?? '') ?? [];
    // The answer is made in the same turn of the loop, of the jobs as they are now. One without a login shows none.
    if (name !== undefined && request.headers.authorization !== undefined)
      willShow.set(request, [...accountOf(name).pending]);
  });

  subscribe('http.server.response.finish', (message) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    const [, name, id, query] = PATH.exec(request.url ?? '') ?? [];
    if (name === undefined) return;
    const account = accountOf(name);
    account.requests += 1;
    if (response.statusCode !== 200) return;
    account.answers += 1;
    const now = monotonicMs();
    for (const changed of willShow.get(request) ?? []) {
      if (account.pending.delete(changed)) account.shownAt.set(changed, now);
    }
    if (!beginsPoll(id, query)) return;
    const cpu = account.pid === null ? Number.NaN : cpuMs(account.pid);
    account.polls.push({ cpuMs: cpu, requests: account.requests, atMs: now });
  });

  return {
    watch: (name, pid) => {
      accountOf(name).pid = pid;
    },
    changed: (name, ids) => {
      for (const id of ids) accountOf(name).pending.add(id);
    },
    look: (name) => {
      const { requests, answers, polls, shownAt } = accountOf(name);
      return { requests, answers, polls, shownAt: [...shownAt] };
    },
  };
}

function beginsPoll(id: string | undefined, query: string | undefined): boolean {
  if (id !== undefined) return id === FIRST_ID;
  return Number(new URLSearchParams(query).get('pageNum') ?? 1) === 1;
}

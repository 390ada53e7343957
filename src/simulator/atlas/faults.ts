import type { ServerResponse } from 'node:http';
import { anyErrorReply, usualCode } from './errors.ts';
import { type Reply, sendReply } from './reply.ts';

/** What can be wrong with Atlas, or with what lies between. */
export type Fault =
  /** An error of the API. `errorCode` is the one usual for the status unless given; `retryAfter` is in seconds, or an HTTP date. */
  | {
      kind: 'status';
      status: number;
      errorCode?: string;
      detail?: string;
      retryAfter?: number | string;
      headers?: Readonly<Record<string, string>>;
    }
  /** Never answers. */
  | { kind: 'hang' }
  /** Cuts the connection before a byte of the reply. */
  | { kind: 'reset' }
  /** Half of the real reply; then the connection is cut, or (`clean`) the reply ends as if it were whole. */
  | { kind: 'truncate'; clean?: boolean }
  /** A page of some proxy in place of the reply. Status 502 unless given. */
  | { kind: 'html'; status?: number }
  /** The real reply, `ms` milliseconds late. */
  | { kind: 'slow'; ms: number }
  /** The real reply, once the promise has settled. */
  | { kind: 'held'; until: Promise<unknown> };

/** Which requests a fault meets; all that have logged in, unless given. */
export interface FaultScope {
  /** Only requests whose path and query contain this, or match it. */
  onlyPath?: string | RegExp;
  /** Only this many requests; then the fault is gone. */
  times?: number;
  /** Also requests that have not logged in. Otherwise the fault lies behind the login, and `times` counts no challenges. */
  beforeAuth?: boolean;
}

/** Which fault, if any, a request meets. */
export interface FaultSwitch {
  set(fault: Fault | null, scope?: FaultScope): void;
  /** Counts as one of the `times` when it gives a fault. */
  take(path: string, stage: 'before_auth' | 'after_auth'): Fault | null;
}

/** Creates a switch without any fault. */
export function createFaultSwitch(): FaultSwitch {
  let current: { fault: Fault; scope: FaultScope; left: number } | null = null;
  return {
    set: (fault, scope = {}) => {
      current = fault && { fault, scope, left: scope.times ?? Number.POSITIVE_INFINITY };
    },
    take: (path, stage) => {
      if (!current || (stage === 'before_auth') !== (current.scope.beforeAuth ?? false)) return null;
      if (!isInScope(path, current.scope.onlyPath)) return null;
      const { fault } = current;
      current.left -= 1;
      if (current.left <= 0) current = null;
      return fault;
    },
  };
}

/** True for a path (with its query) that contains the text, or matches it; for any path where there is none. */
export function isInScope(path: string, only: string | RegExp | undefined): boolean {
  if (only === undefined) return true;
  return typeof only === 'string' ? path.includes(only) : path.search(only) >= 0;
}

/** The reply as the client gets it, where a fault merely puts another one in its place. */
export function applyFault(fault: Fault | null, reply: () => Reply): Reply {
  switch (fault?.kind) {
    case 'status': {
      const { status, errorCode, detail, retryAfter, headers = {} } = fault;
      const wait = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
      const code = errorCode ?? usualCode(status);
      return anyErrorReply({ status, code, detail, headers: { ...wait, ...headers } });
    }
    case 'html':
      return {
        status: fault.status ?? 502,
        headers: { 'content-type': 'text/html' },
        body: '<html><body>bad gateway</body></html>',
      };
    default:
      return reply();
  }
}

/**
 * Sends the reply as the fault has it: not at all, in part, late or whole. Returns the status the client can see, or `null` for none.
 * `later` runs something after a time unless the server closes before.
 */
export function sendWithFault(
  response: ServerResponse,
  reply: Reply,
  fault: Fault | null,
  later: (ms: number, run: () => void) => void,
): number | null {
  switch (fault?.kind) {
    case 'hang':
      return null;
    case 'reset':
      response.socket?.resetAndDestroy();
      return null;
    case 'truncate': {
      const whole = Buffer.from(reply.body);
      const half = whole.subarray(0, Math.floor(whole.length / 2));
      const length = fault.clean ? half.length : whole.length;
      response.writeHead(reply.status, { ...reply.headers, 'content-length': length });
      if (fault.clean) response.end(half);
      else response.write(half, () => response.socket?.destroy());
      return reply.status;
    }
    case 'slow':
      later(fault.ms, () => sendReply(response, reply));
      return reply.status;
    case 'held':
      void fault.until.finally(() => sendReply(response, reply));
      return reply.status;
    default:
      sendReply(response, reply);
      return reply.status;
  }
}

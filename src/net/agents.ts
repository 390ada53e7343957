import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';

/** A connection that is idle for longer is closed: servers close theirs soon afterwards, and a POST must not meet that. */
const IDLE_MS = 4_000;

/** Node limits how long a proxy may take for a tunnel by this as well. Longer than any request, which has a time-out of its own. */
const LONGER_THAN_ANY_REQUEST_MS = 900_000;

/** What requests go out over. Connections are kept alive for a moment; the proxies of the environment are used. */
export interface Agents {
  /** Calls `make`, which makes a request of an agent. */
  open(isTls: boolean, make: (agent: http.Agent) => http.ClientRequest): Opened;
  /** Closes idle connections. */
  dropIdle(): void;
  /** Closes all connections. */
  close(): void;
}

/** A request that goes out. */
export interface Opened {
  request: http.ClientRequest;
  /**
   * Closes the connection to a proxy that has made no tunnel for the request. Node leaves it open when the request is given up, or when
   * the proxy refuses.
   */
  dropTunnel: () => void;
}

type Connecting = ReturnType<https.Agent['createConnection']>;

/** Remembers the connection that was opened last: over a proxy, the request itself does not know of it until the tunnel stands. */
class TlsAgent extends https.Agent {
  #opened: Connecting = null;

  override createConnection(...args: Parameters<https.Agent['createConnection']>): Connecting {
    this.#opened = super.createConnection(...args);
    return this.#opened;
  }

  /** The connection that was opened since the last time; none when an idle one was used again. */
  takeOpened(): Connecting {
    const opened = this.#opened;
    this.#opened = null;
    return opened;
  }
}

/** Makes the agents of one client. `trust`: whom it trusts over TLS; `null`: the well-known authorities. */
export function createAgents(trust: SecureContext | null): Agents {
  // What the global agent does about proxies, see `useProxies`.
  const { proxyEnv } = https.globalAgent.options;
  const throughProxy = proxyEnv === undefined ? {} : { proxyEnv };
  const usual = { keepAlive: true, timeout: LONGER_THAN_ANY_REQUEST_MS, ...throughProxy };
  const plain = new http.Agent(usual);
  const secure = new TlsAgent({ ...usual, ...(trust === null ? {} : { secureContext: trust }) });
  const agents = [plain, secure];
  for (const agent of agents) {
    agent.on('free', (socket: Socket) => {
      // A server that names a shorter time has been heeded by then.
      if ((socket.timeout ?? 0) > IDLE_MS) socket.setTimeout(IDLE_MS);
    });
  }
  return {
    open: (isTls, make) => {
      secure.takeOpened();
      // An agent connects while the request is made.
      const request = make(isTls ? secure : plain);
      const opened = secure.takeOpened();
      const dropTunnel = (): void => {
        if (request.socket === null) opened?.destroy();
      };
      return { request, dropTunnel };
    },
    dropIdle: () => {
      for (const { freeSockets } of agents) {
        for (const socket of Object.values(freeSockets).flat()) socket?.destroy();
      }
    },
    close: () => {
      for (const agent of agents) agent.destroy();
    },
  };
}

import type { HttpReply } from '../wire/http-exchange.ts';

/** Sends one HTTP request with these headers added, pays for it, and reads the answer to its end. */
export type Wire = (headers: Record<string, string>) => Promise<HttpReply>;

/** The answer that counts, and what its being refused would mean. */
export interface Answer {
  reply: HttpReply;
  /** The request carried our credentials: a 401 then is about them. */
  sentCredentials: boolean;
  /** 401, but the server says that the login was right and only out of date. */
  stale: boolean;
}

export type Credential = 'API key' | 'service account';

/** How a connection proves who it is: one strategy per `auth.type`. */
export interface Login {
  /** What people call the credential. */
  readonly credential: Credential;
  /** What of it a server could quote to us, to be taken out of what it says. */
  quotable(): readonly string[];
  /** True when the next request may cost a second one. */
  mayCostTwo(): boolean;
  /**
   * Gets `url`, over as many requests as the login takes. Whatever the wire throws goes to the caller as it is.
   * Rejects with the signal's reason when that aborts.
   */
  send(url: string, wire: Wire, signal: AbortSignal): Promise<Answer>;
}

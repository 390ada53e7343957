import type { Credential } from '../reply/atlas-advice.ts';
import type { Answer, PaidRequest } from '../wire/answer.ts';

/** How a connection proves who it is: one strategy per `auth.type`, each around a `PaidExchange`. */
export interface Login {
  /** What people call the credential. */
  readonly credential: Credential;
  /** What of the credential a server could quote to us, to be taken out of what the server says. */
  quotable(): readonly string[];
  /** True when the next request may cost a second one. */
  mayCostTwo(): boolean;
  /** Somebody says that what was wrong is mended: waits end that the server has not asked for, and what it refused is asked for anew. */
  forgive(): void;
  /**
   * Sends the request with proof of who we are, over as many HTTP requests as that takes. What the exchange throws goes to the caller as
   * it is. Rejects with the signal's reason when that aborts.
   */
  send(request: PaidRequest): Promise<Answer>;
}

import type { ReplyHeaders } from '../../net/headers/reply-headers.ts';
import type { HttpRequest } from '../../net/http-client.ts';

export type { HttpRequest };

/** One HTTP answer, read to its end: an unread body would keep its connection from being used again. */
export interface HttpReply {
  status: number;
  headers: ReplyHeaders;
  text: string;
  /** The request's `recall` knew it: the text is empty. */
  isKnown?: true | undefined;
}

/**
 * Sends one HTTP request and reads the answer to its last byte. Rejects with the signal's reason when that aborts.
 * @throws {SourceError} when there is no complete answer.
 */
export type Exchange = (request: HttpRequest) => Promise<HttpReply>;

/** What one read may spend of a project's budget: the permit that it has waited for, and one more for each answer to a login challenge. */
export interface Allowance {
  /**
   * Pays for one HTTP request that goes out now.
   * @throws what sends the whole read back to wait for another allowance, when the request may no longer go out. It is then not paid for.
   */
  pay(): Payment;
}

/** A paid HTTP request that is on its way. */
export interface Payment {
  /** Notes how the request has ended; `null`: without a complete answer. */
  settle(reply: HttpReply | null): void;
}

/** An HTTP request of a read that pays for each of its requests. */
export interface PaidRequest extends HttpRequest {
  allowance: Allowance;
}

/** An `Exchange` that pays for each request before it goes out. */
export type PaidExchange = (request: PaidRequest) => Promise<HttpReply>;

/** The answer to a read that counts, and what its being refused would mean. */
export interface Answer {
  reply: HttpReply;
  /** The request carried our credentials: a 401 then is about them. */
  sentCredentials: boolean;
  /** 401, but the server says that the login was right and only out of date. */
  stale: boolean;
}

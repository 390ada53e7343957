import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A connection is closed after this many answers: a client that goes on opens the next, and whoever floods pays for each. */
export const REQUESTS_A_CONNECTION = 100;

/**
 * The parser gets this many bytes at a time. Node reads 64 kB from a socket and has the parser make requests of all of it in one go:
 * thousands, each of which costs time although it is then refused.
 */
const SLICE_BYTES = 1_024;

/** Gives the parser of a server what a socket has received. */
type Feed = (this: Socket, chunk: Buffer) => void;

/**
 * One connection. Its requests are answered one after the other, with a turn of the event loop in between, and those that come
 * meanwhile are read later: however many come at once, over however many connections, everything else gets its turn.
 */
export class Visitor {
  readonly #socket: Socket;
  readonly #onAnswered: () => void;
  readonly #waiting: Array<{ response: ServerResponse; answer: () => void }> = [];
  #current: ServerResponse | null = null;
  #latest: ServerResponse | null = null;
  #taken = 0;
  #isHeldBack = false;
  /** `null` until nothing more is heard; `''` where there is no last word. */
  #lastWord: string | null = null;

  /**
   * @param socket of which the HTTP server has just taken hold.
   * @param onAnswered is called after each answer.
   */
  constructor(socket: Socket, onAnswered: () => void) {
    this.#socket = socket;
    this.#onAnswered = onAnswered;
    // Node takes its own listener away after CONNECT; a client that goes away then would end the process.
    socket.on('error', () => {});
    this.#feedInSlices();
  }

  /** True while an answer is being made: not for a client that is silent, nor for one that does not fetch its answer. */
  get isAtWork(): boolean {
    return this.#current !== null && !this.#current.writableEnded;
  }

  /** Answers a request when its turn comes. What comes after the last answer of a connection is not heard. */
  take(response: ServerResponse, answer: () => void): void {
    // Whatever a route writes too late: without a listener it would end the process.
    response.on('error', () => response.destroy());
    this.#taken += 1;
    this.#latest = response;
    if (this.#taken > REQUESTS_A_CONNECTION) return;
    if (this.#taken === REQUESTS_A_CONNECTION) response.setHeader('Connection', 'close');
    this.#waiting.push({ response, answer });
    if (this.#current === null) this.#next();
  }

  /**
   * Ends the connection: hears nothing more, answers what had come whole, and says a last word, which is the answer to what had not.
   * No word where that would stand in an answer, or be the second one to the same request.
   */
  dismiss(lastWord: string): void {
    if (this.#lastWord !== null) return;
    const broken = this.#latest?.req.complete === false ? this.#latest : null;
    const place = this.#waiting.findIndex(({ response }) => response === broken);
    if (place !== -1) this.#waiting.splice(place, 1);
    const hasAnswer = broken !== null && place === -1 && (broken !== this.#current || broken.headersSent);
    this.#lastWord = hasAnswer ? '' : lastWord;
    if (this.#current === null || this.#current === broken) this.#end();
  }

  #next(): void {
    const next = this.#socket.destroyed ? undefined : this.#waiting.shift();
    if (next !== undefined) {
      this.#current = next.response;
      next.response.once('close', () => {
        this.#current = null;
        this.#onAnswered();
        setImmediate(() => this.#next());
      });
      next.answer();
    } else if (this.#lastWord !== null) this.#end();
    this.#readOn();
  }

  #end(): void {
    if (!this.#lastWord || !this.#socket.writable) {
      this.#socket.destroy();
      return;
    }
    this.#socket.write(this.#lastWord);
    this.#socket.destroySoon();
  }

  /** Puts itself between the socket and the parser, which Node has made the one that listens. */
  #feedInSlices(): void {
    const socket = this.#socket;
    const [feed] = socket.listeners('data') as Feed[];
    if (feed === undefined) return;
    socket.off('data', feed);
    socket.on('data', (chunk: Buffer) => {
      // The parser is not this connection's any more.
      if (this.#lastWord !== null) return;
      const rest = chunk.subarray(SLICE_BYTES);
      if (rest.length > 0) {
        this.#holdBack();
        socket.unshift(rest);
      }
      feed.call(socket, chunk.subarray(0, SLICE_BYTES));
      if (this.#waiting.length > 0) this.#holdBack();
      if (this.#isHeldBack) setImmediate(() => this.#readOn());
    });
  }

  #holdBack(): void {
    this.#isHeldBack = true;
    this.#socket.pause();
  }

  /** Not while a request is in hand, unless that is one whose body is still to come. */
  #readOn(): void {
    const isWaitedFor = this.#current === null ? this.#waiting.length === 0 : !this.#current.req.complete;
    if (!this.#isHeldBack || !isWaitedFor || this.#socket.destroyed) return;
    this.#isHeldBack = false;
    this.#socket.resume();
  }
}

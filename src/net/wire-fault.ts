import { proxyFault } from './proxy-fault.ts';
import { isTlsCode, tlsHint } from './tls-fault.ts';

/** Whose requests these are, for the words of faults and hints. */
export interface Caller {
  kind: 'connection' | 'channel' | 'heartbeat' | 'daemon' | 'witness';
  /** `null`: there is but one. */
  name: string | null;
  /** The setting that holds the address: `baseUrl`. */
  address: string;
}

/**
 * What failed on the way.
 * - `network`: there was no answer, or it was cut off.
 * - `tls`: there is no connection that can be trusted.
 * - `proxy`: a proxy cannot be reached, or does not reach the server.
 * - `proxy_refuses`: it wants a login, or does not let us through.
 * - `unreadable`: the answer is whole, and cannot be decompressed.
 * - `too_long`: more than is read of any answer.
 * - `unsendable`: the request cannot stand in HTTP, and was never sent.
 */
export type WireFaultKind =
  | 'network'
  | 'tls'
  | 'proxy'
  | 'proxy_refuses'
  | 'unreadable'
  | 'too_long'
  | 'unsendable';

/** What a fault is made of; `say` puts it into words about the one who was asked. */
export interface FaultWords {
  kind: WireFaultKind;
  /** Node's, OpenSSL's or zlib's, where there is one. */
  code: string | null;
  say: (who: string) => string;
  hint: string | undefined;
}

const CUT_HINT =
  'The connection was cut before the answer: by the server, or by a firewall or proxy on the way.';

/** There is no answer, or none that can be read. Holds no address, no credential and not Node's own words, which may quote both. */
export class WireFault extends Error {
  readonly kind: WireFaultKind;
  readonly code: string | null;
  readonly hint: string | undefined;
  /** In words, about the one who was asked: a host, or what people call the receiver. */
  readonly say: (who: string) => string;

  constructor({ kind, code, say, hint }: FaultWords) {
    super(say('the server'));
    this.name = 'WireFault';
    this.kind = kind;
    this.code = code;
    this.say = say;
    this.hint = hint;
  }
}

/**
 * The connection had been idle, and was cut before anything came back: servers close such connections at any time, also in the moment
 * of a request. What may be sent twice is worth another try at once, over a new connection.
 */
export class StaleConnection extends WireFault {
  constructor() {
    super({
      kind: 'network',
      code: 'ECONNRESET',
      say: (who) => `no answer from ${who} (ECONNRESET)`,
      hint: CUT_HINT,
    });
  }
}

/** `connection atlas`, `heartbeat`: whose setting is at fault. */
export function ownerOf({ kind, name }: Caller): string {
  return name === null ? kind : `${kind} ${name}`;
}

/** The answer is longer than `bytes`, and was not read to its end. */
export function tooLong(bytes: number): WireFault {
  const say = (): string => `an answer of more than ${Math.floor(bytes / 1e6)} MB was cut off`;
  return new WireFault({ kind: 'too_long', code: null, say, hint: undefined });
}

/** The answer is whole and cannot be decompressed; `how`: the encoding and zlib's code. */
export function unreadable(how: string): WireFault {
  return new WireFault({
    kind: 'unreadable',
    code: null,
    say: (who) => `the answer of ${who} cannot be decompressed (${how})`,
    hint: 'Something on the way has broken the answer: does a proxy compress, or cut, what passes it?',
  });
}

/** The number in the status line is none that HTTP knows. */
export function unsoundStatus(status: number): WireFault {
  return new WireFault({
    kind: 'network',
    code: null,
    say: (who) => `${who} does not answer in HTTP (status ${status})`,
    hint: NOT_HTTP,
  });
}

/** Turns what node:http threw into a fault that says where the network failed and what to do. A `WireFault` stays as it is. */
export function wireFault(
  thrown: unknown,
  { url, caller, caFile }: { url: string; caller: Caller; caFile: string | null },
): WireFault {
  if (thrown instanceof WireFault) return thrown;
  const ofProxy = proxyFault(thrown, new URL(url), caller.address);
  if (ofProxy !== null) return new WireFault(ofProxy);
  const code = codeOf(thrown);
  if (code !== null && UNSENDABLE.test(code)) return unsendable(code, caller);
  if (code !== null && isTlsCode(code)) {
    return new WireFault({
      kind: 'tls',
      code,
      say: (who) => `no trusted connection to ${who} (${code})`,
      hint: tlsHint(code, { address: caller.address, place: `the ${caller.kind}`, caFile }),
    });
  }
  return new WireFault({
    kind: 'network',
    code,
    say: (who) => `no answer from ${who}${code === null ? '' : ` (${code})`}`,
    hint: HINTS.find(([codes]) => codes.test(code ?? ''))?.[1](caller),
  });
}

/** Checked by node:http before anything is sent. */
const UNSENDABLE =
  /^ERR_(INVALID_CHAR|INVALID_HTTP_TOKEN|HTTP_INVALID_HEADER_VALUE|UNESCAPED_CHARACTERS|INVALID_PROTOCOL|INVALID_URL|INVALID_ARG_TYPE)$/;

function unsendable(code: string, { kind, address }: Caller): WireFault {
  return new WireFault({
    kind: 'unsendable',
    code,
    say: (who) => `the request to ${who} cannot be sent (${code})`,
    hint: `Check ${address}, and the credentials of the ${kind}: a character that may not stand in a header, such as a line end, is in them.`,
  });
}

const NOT_HTTP = 'What came back is not HTTP: is the port right, and does something else listen there?';

/** What to do, by the code of the fault; the first that fits. */
const HINTS: ReadonlyArray<[codes: RegExp, hint: (caller: Caller) => string]> = [
  [/ENOTFOUND|EAI_AGAIN/, ({ address }) => `The host name is not known here: check ${address} and DNS.`],
  [
    /ECONNREFUSED/,
    ({ address }) =>
      `Nothing listens there, or a firewall refuses: check host and port of ${address} (and of HTTPS_PROXY).`,
  ],
  [
    /ENETUNREACH|EHOSTUNREACH|ETIMEDOUT/,
    () =>
      'There is no way to that address from here: does a firewall swallow the request, or is a proxy needed (HTTPS_PROXY)?',
  ],
  [/ECONNRESET|EPIPE/, () => CUT_HINT],
  [
    /^HPE_HEADER_OVERFLOW/,
    () => 'The headers of the answer are too long: does a gateway on the way add to them?',
  ],
  [/^HPE_/, () => NOT_HTTP],
];

/** Only what looks like a code, so that no free text slips through. A name with several addresses fails with all of their faults. */
function codeOf(thrown: unknown): string | null {
  const code: unknown = thrown instanceof Error && 'code' in thrown ? thrown.code : null;
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(code) ? code : null;
}

/**
 * Words a request that got no answer, about the one who was asked (`who`), and what to do. Of what is not from the transport nothing is fit to
 * be told.
 */
export function wordsOfNoAnswer(thrown: unknown, who: string): { text: string; hint: string | undefined } {
  if (!(thrown instanceof WireFault)) return { text: `${who} cannot be reached`, hint: undefined };
  const { kind, code, hint } = thrown;
  const isPlain = kind === 'network' && code !== null;
  return { text: isPlain ? `${who} cannot be reached (${code})` : thrown.say(who), hint };
}

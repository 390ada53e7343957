import { SourceError } from '../../errors.ts';
import { proxyError } from './proxy-fault.ts';

/**
 * Turns what fetch rejected with into an error that says where the network failed and what to do. undici reports `TypeError: fetch failed`
 * (no answer) or `terminated` (a body cut off), with the fault as its cause; node:https reports the fault. `caFile`: for the hint.
 */
export function networkError(error: unknown, url: string, caFile: string | null): SourceError {
  const { host } = new URL(url);
  const fault = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const ofProxy = proxyError(fault, url);
  if (ofProxy) return ofProxy;
  if (fault instanceof Error && fault.message === 'unexpected redirect') {
    return new SourceError('bad_response', `${host} answered with a redirect`, {
      hint: 'Redirects are not followed. Check baseUrl, and whether a proxy asks for a login.',
    });
  }
  const code = fault instanceof Error && 'code' in fault ? fault.code : undefined;
  if (typeof code !== 'string') return namelessFault(fault, host);
  const hint = HINTS.find(([codes]) => codes.test(code))?.[1];
  if (/CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL/.test(code)) {
    return new SourceError('unavailable', `no trusted connection to ${host} (${code})`, {
      hint: caFile !== null && UNKNOWN_ISSUER.test(code) ? wrongCa(caFile) : hint,
    });
  }
  return new SourceError('unavailable', `no answer from ${host} (${code})`, { retryable: true, hint });
}

/** fetch says nothing more of a 407 than that it failed, and refuses some ports. */
function namelessFault(fault: unknown, host: string): SourceError {
  return fault instanceof Error && fault.message === 'bad port'
    ? new SourceError('bad_request', `no request may be sent to ${host}`, {
        hint: 'Check the port of baseUrl: it is one of those that are kept for other things than the web.',
      })
    : new SourceError('refused', `${host} cannot be asked`, {
        hint: 'Most likely a proxy on the way wants a login (407): check HTTPS_PROXY and baseUrl.',
        cause: fault,
      });
}

/** What to do, by the code of the fault (Node's, OpenSSL's or undici's); the first that fits. */
const HINTS: ReadonlyArray<[codes: RegExp, hint: string]> = [
  [/ENOTFOUND|EAI_AGAIN/, 'The host name is not known here: check baseUrl and DNS.'],
  [
    /ECONNREFUSED/,
    'Nothing listens there, or a firewall refuses: check host and port of baseUrl (and of HTTPS_PROXY).',
  ],
  [
    /ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|CONNECT_TIMEOUT/,
    'There is no way to that address from here: does a firewall swallow the request, or is a proxy needed (HTTPS_PROXY)?',
  ],
  [
    /ECONNRESET|EPIPE|UND_ERR_SOCKET/,
    'The connection was cut before the answer: by the server, or by a firewall or proxy on the way.',
  ],
  [/ERR_SSL/, 'There is no TLS that we understand: does that port speak http, or an old version of TLS?'],
  [/ALTNAME_INVALID/, 'The certificate is for another host name: check baseUrl.'],
  [/CERT_HAS_EXPIRED/, 'The certificate has run out: it has to be renewed on the server.'],
  [
    /CERT|SELF_SIGNED|UNABLE_TO_/,
    'Nobody that we trust has signed the certificate. For a private certificate authority set caFile on the connection (or NODE_EXTRA_CA_CERTS).',
  ],
];

const UNKNOWN_ISSUER = /SELF_SIGNED|UNABLE_TO_|UNTRUSTED|SIGNATURE_FAILURE/;

function wrongCa(caFile: string): string {
  return `The certificate is signed neither by an authority in caFile (${caFile}) nor by a public one. Is it the right file, and does it hold the root? (A proxy that opens TLS has an authority of its own.)`;
}

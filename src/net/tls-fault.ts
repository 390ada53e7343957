/** What to do, by the code of a TLS fault (Node's and OpenSSL's names); the first that fits. */
const KINDS: ReadonlyArray<[codes: RegExp, hint: (words: TlsWords) => string]> = [
  [
    /ERR_SSL.*CERTIFICATE_REQUIRED/,
    () => 'The server asks for a certificate of ours, which this program does not have.',
  ],
  [
    /ERR_SSL|EPROTO/,
    ({ inClear = 'speak http' }) =>
      `There is no TLS that we understand: does that port ${inClear}, or an old version of TLS?`,
  ],
  [/ALTNAME_INVALID/, ({ address }) => `The certificate is for another host name: check ${address}.`],
  [/CERT_HAS_EXPIRED/, () => 'The certificate has run out: it has to be renewed on the server.'],
  [/CERT_NOT_YET_VALID/, () => 'The certificate is not valid yet: is the clock of this machine right?'],
  [/CERT_REVOKED/, () => 'The certificate was revoked: it has to be replaced on the server.'],
  [
    /CERT|SELF_SIGNED|UNABLE_TO_|INVALID_(CA|PURPOSE)/,
    ({ place, caFile }) => (caFile === null ? unknownIssuer(place) : wrongCa(caFile)),
  ],
];

/** Any code of a fault of TLS. `EPROTO` is what OpenSSL's own faults come as while a connection is made. */
const TLS = /CERT|SELF_SIGNED|UNABLE_TO_|INVALID_(CA|PURPOSE)|ERR_TLS|ERR_SSL|EPROTO/;

/** Whose settings a hint speaks of. */
export interface TlsWords {
  /** The setting that holds the address, `baseUrl`. */
  address: string;
  /** Where `caFile` can be set, `the connection`. */
  place: string;
  /** The file that is in use. */
  caFile: string | null;
  /** What a port may do that begins without TLS, where that is not HTTP. */
  inClear?: string;
}

/** True for the code of a fault that lies in TLS: there is a server, and nothing was sent to it. */
export function isTlsCode(code: string): boolean {
  return TLS.test(code);
}

/** What to do about the code of a TLS fault: run out, another name and an unknown issuer are told apart. `undefined` for any other code. */
export function tlsHint(code: string, words: TlsWords): string | undefined {
  if (!isTlsCode(code)) return undefined;
  return KINDS.find(([codes]) => codes.test(code))?.[1](words);
}

function unknownIssuer(place: string): string {
  return `Nobody that we trust has signed the certificate. For a private certificate authority set caFile on ${place} (or NODE_EXTRA_CA_CERTS).`;
}

function wrongCa(caFile: string): string {
  return `The certificate is signed neither by an authority in caFile (${caFile}) nor by a public one. Is it the right file, and does it hold the root? (A proxy that opens TLS has an authority of its own.)`;
}

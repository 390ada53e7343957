import { type ServerResponse, STATUS_CODES } from 'node:http';

/** Set on every answer: nothing here is to be kept, guessed at, framed, or to load anything. */
export const PROTECTIVE_HEADERS: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
};

/** Why a request is not answered, and what to do about it. */
export interface Refusal {
  status: 400 | 408 | 413 | 417 | 421 | 431 | 500 | 501 | 503 | 505;
  error: string;
  hint: string;
}

/** Answers with a refusal and closes the connection: what else comes over it is not read. */
export function sendRefusal(response: ServerResponse, refusal: Refusal): void {
  const { headers, body } = partsOf(refusal);
  response.writeHead(refusal.status, headers).end(body);
}

/** Makes the bytes of a refusal, for a socket of which no request could be read. */
export function refusalText(refusal: Refusal): string {
  const { headers, body } = partsOf(refusal);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`, ...lines, '', body].join('\r\n');
}

function partsOf({ status, error, hint }: Refusal): { headers: Record<string, string>; body: string } {
  const body = JSON.stringify({ error, hint });
  return {
    headers: {
      ...PROTECTIVE_HEADERS,
      'Content-Type': 'application/json',
      'Content-Length': String(Buffer.byteLength(body)),
      ...(status === 503 ? { 'Retry-After': '1' } : {}),
      Connection: 'close',
    },
    body,
  };
}

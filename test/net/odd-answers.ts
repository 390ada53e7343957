import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { Play } from '../support/raw-server.ts';

/** What an answer amounts to for whoever has asked: it was read, there was none, or it cannot be understood. */
export type Verdict = 'read' | 'no answer' | 'unreadable' | { status: number };

export interface OddAnswer {
  name: string;
  play: Play;
  verdict: Verdict;
  /** The head came whole, and the body did not: where the status decides, that is enough. */
  isCutInBody?: true;
}

/** What is asked for. Not ASCII alone, so that a wrong character set shows. */
export const TEXT = '{"name":"Jörg","results":[]}';
const BYTES = Buffer.from(TEXT);

/** A whole answer in bytes; headers as they stand in HTTP. */
function answer(status: string, headers: readonly string[] = [], body: Uint8Array | string = BYTES): Buffer {
  const bytes = Buffer.from(body);
  const head = [`HTTP/1.1 ${status}`, `Content-Length: ${bytes.length}`, ...headers, '', ''].join('\r\n');
  return Buffer.concat([Buffer.from(head, 'latin1'), bytes]);
}

const withStatus = (status: string, verdict: Verdict): OddAnswer => ({
  name: `status ${status}`,
  play: [answer(status)],
  verdict,
});

const encoded = (encoding: string, body: Uint8Array, verdict: Verdict = 'read'): OddAnswer => ({
  name: `content-encoding ${encoding} of ${body.length} bytes`,
  play: [answer('200 OK', [`Content-Encoding: ${encoding}`], body)],
  verdict,
});

const chunked = (...chunks: Array<Uint8Array | string>): Uint8Array[] => [
  Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'),
  ...chunks.map((chunk) =>
    Buffer.concat([
      Buffer.from(`${Buffer.from(chunk).length.toString(16)}\r\n`),
      Buffer.from(chunk),
      Buffer.from('\r\n'),
    ]),
  ),
];

const gzip = gzipSync(BYTES);
const wrongChecksum = Buffer.from(gzip).fill(0, gzip.length - 8, gzip.length - 4);

const STATUSES: OddAnswer[] = [
  withStatus('200', 'read'),
  withStatus('299 Fine', 'read'),
  withStatus('399 Odd', { status: 399 }),
  withStatus('418 Teapot', { status: 418 }),
  withStatus('499 Gone', { status: 499 }),
  withStatus('599 Odd', { status: 599 }),
  withStatus('600 Odd', { status: 600 }),
  withStatus('999 Denied', { status: 999 }),
  withStatus('000 Nothing', 'no answer'),
  withStatus('099 Nothing', 'no answer'),
  withStatus('20 OK', 'no answer'),
  withStatus('2000 OK', 'no answer'),
  withStatus('OK', 'no answer'),
  { name: 'status 304, which has no body', play: ['HTTP/1.1 304 Same\r\n\r\n'], verdict: { status: 304 } },
  { name: 'no HTTP at all', play: ['220 mail.example.com ESMTP\r\n'], verdict: 'no answer' },
  { name: 'another protocol', play: ['ICY 200 OK\r\n\r\n', 'END'], verdict: 'no answer' },
];

const INTERIM: OddAnswer[] = ['100 Continue', '102 Processing', '103 Early Hints', '199 Odd'].map(
  (status) => ({
    name: `an interim ${status} before the answer`,
    play: [`HTTP/1.1 ${status}\r\nLink: </x>\r\n\r\n`, answer('200 OK')],
    verdict: 'read',
  }),
);

const ENCODINGS: OddAnswer[] = [
  encoded('gzip', gzip),
  encoded('GZIP', gzip),
  encoded('x-gzip', gzip),
  encoded('br', brotliCompressSync(BYTES)),
  encoded('zstd', zstdCompressSync(BYTES)),
  encoded('deflate', deflateSync(BYTES)),
  encoded('deflate', deflateRawSync(BYTES)),
  encoded('identity', BYTES),
  encoded('', BYTES),
  encoded('utf-8', BYTES),
  encoded('gzip, gzip', gzipSync(gzip)),
  encoded('gzip, identity, br', brotliCompressSync(gzip)),
  encoded('gzip', Buffer.concat([gzip, Buffer.alloc(8)])),
  encoded('gzip', Buffer.concat([gzip, Buffer.from('rubbish')]), 'unreadable'),
  encoded('gzip', gzip.subarray(0, -12), 'unreadable'),
  encoded('gzip', gzip.subarray(0, 5), 'unreadable'),
  encoded('gzip', wrongChecksum, 'unreadable'),
  encoded('gzip', BYTES, 'unreadable'),
  encoded('br', brotliCompressSync(BYTES).subarray(0, -3), 'unreadable'),
  encoded('br', gzip, 'unreadable'),
  encoded('deflate', deflateSync(BYTES).subarray(0, -6), 'unreadable'),
  encoded(Array(50).fill('gzip').join(','), gzip, 'unreadable'),
  {
    name: 'a chunked gzip',
    play: [
      ...chunked(gzip.subarray(0, 9), gzip.subarray(9)).with(
        0,
        Buffer.from('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n'),
      ),
      '0\r\n\r\n',
    ],
    verdict: 'read',
  },
];

const CUT: OddAnswer[] = [
  { name: 'the end before an answer', play: ['END'], verdict: 'no answer' },
  { name: 'a reset before an answer', play: ['RESET'], verdict: 'no answer' },
  { name: 'half a status line', play: ['HTTP/1.1 2', 'END'], verdict: 'no answer' },
  { name: 'half the headers', play: ['HTTP/1.1 200 OK\r\nContent-Le', 'RESET'], verdict: 'no answer' },
  {
    name: 'a switch of protocols',
    play: ['HTTP/1.1 101 Switch\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'],
    verdict: 'no answer',
  },
];

const CUT_IN_THE_BODY: OddAnswer[] = [
  {
    name: 'half a body, then the end',
    play: [answer('200 OK').subarray(0, -5), 'END'],
    verdict: 'no answer',
    isCutInBody: true,
  },
  {
    name: 'half a body, then a reset',
    play: [answer('200 OK').subarray(0, -5), 'RESET'],
    verdict: 'no answer',
    isCutInBody: true,
  },
  {
    name: 'a chunk without its end',
    play: [...chunked(BYTES), 'END'],
    verdict: 'no answer',
    isCutInBody: true,
  },
  {
    name: 'a chunk that is none',
    play: [...chunked(BYTES), 'xyz\r\n'],
    verdict: 'no answer',
    isCutInBody: true,
  },
];

const FRAMES: OddAnswer[] = [
  {
    name: 'chunks',
    play: [...chunked(BYTES.subarray(0, 10), BYTES.subarray(10)), '0\r\n\r\n'],
    verdict: 'read',
  },
  { name: 'chunks with a trailer', play: [...chunked(BYTES), '0\r\nX-Sum: 1\r\n\r\n'], verdict: 'read' },
  {
    name: 'rubbish after the body',
    play: [Buffer.concat([answer('200 OK'), Buffer.from('rubbish\r\n')])],
    verdict: 'read',
  },
  {
    name: 'a second answer after the first',
    play: [Buffer.concat([answer('200 OK'), answer('500 No')])],
    verdict: 'read',
  },
  { name: 'HTTP/1.0 until the end', play: ['HTTP/1.0 200 OK\r\n\r\n', BYTES, 'END'], verdict: 'read' },
  {
    name: 'HTTP/1.1 until the end',
    play: ['HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n', BYTES, 'END'],
    verdict: 'read',
  },
];

const header = (name: string, ...headers: string[]): OddAnswer => ({
  name: `headers: ${name}`,
  play: [answer('200 OK', headers)],
  verdict: 'read',
});

const HEADERS: OddAnswer[] = [
  header(
    'the same twice',
    'Date: x',
    'Date: y',
    'Retry-After: 1',
    'Retry-After: 2',
    'Set-Cookie: a',
    'Set-Cookie: b',
  ),
  header('not ASCII', 'X-Name: J\xf6rg \xff', 'X-Name: \x80'),
  header('64 kB', ...Array.from({ length: 64 }, (_, index) => `X-${index}: ${'x'.repeat(990)}`)),
  header('empty', 'X-Empty:', 'Retry-After:   '),
  {
    ...header('a megabyte', ...Array.from({ length: 1_000 }, (_, index) => `X-${index}: ${'x'.repeat(990)}`)),
    verdict: 'no answer',
  },
  { ...header('a name that is none', 'X Bad: 1'), verdict: 'no answer' },
  { ...header('a NUL', 'X-Nul: a\0b'), verdict: 'no answer' },
  { ...header('two lengths', 'Content-Length: 3'), verdict: 'no answer' },
];

const CHARSETS: OddAnswer[] = [
  ['ISO-8859-1', Buffer.from(TEXT, 'latin1'), 'application/json; charset=ISO-8859-1'],
  ['ISO-8859-1 in quotes', Buffer.from(TEXT, 'latin1'), 'application/json;charset="iso-8859-1"'],
  ['UTF-16 as named', Buffer.from(TEXT, 'utf16le'), 'application/json; charset=utf-16le'],
  ['UTF-16 by its mark', Buffer.from(`\ufeff${TEXT}`, 'utf16le'), 'application/json'],
  ['UTF-16 by its mark, big end first', Buffer.from(`\ufeff${TEXT}`, 'utf16le').swap16(), 'application/json'],
  ['UTF-8 with a mark', Buffer.from(`\ufeff${TEXT}`), 'application/json; charset=iso-8859-1'],
  ['a charset that nobody knows', BYTES, 'application/json; charset=klingon'],
  ['no content type', BYTES, ''],
].map(([name, body, type]) => ({
  name: `character set: ${name}`,
  play: [answer('200 OK', [`Content-Type: ${type}`], body)],
  verdict: 'read',
}));

const REDIRECTS: OddAnswer[] = [300, 301, 302, 303, 307, 308].map((status) => ({
  name: `a redirect: ${status}`,
  play: [answer(`${status} Moved`, ['Location: /elsewhere'])],
  verdict: { status },
}));

/** Answers as no sound server gives them, and what each must count for over every transport. */
export const ODD_ANSWERS: readonly OddAnswer[] = [
  ...STATUSES,
  ...INTERIM,
  ...ENCODINGS,
  ...CUT,
  ...CUT_IN_THE_BODY,
  ...FRAMES,
  ...HEADERS,
  ...CHARSETS,
  ...REDIRECTS,
];

import { createHash, type Hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import {
  brotliDecompress,
  constants,
  gunzip,
  inflate,
  inflateRaw,
  type ZlibOptions,
  zstdDecompress,
} from 'node:zlib';
import { decodeText } from './body-text.ts';
import type { ReplyHeaders } from './headers/reply-headers.ts';
import { tooLong, unreadable } from './wire-fault.ts';

/** How much of a body is read, in bytes: all of it, and a longer one is a fault; or just its beginning, compressed or not. */
export type BodyLimit = { whole: number } | { start: number };

/** Nobody compresses so often who means well. */
const MOST_ENCODINGS = 5;

/** What the beginning of a body may become when it is decompressed. */
const MOST_OF_A_START = 32_000_000;

/**
 * The text of the body of an answer: decompressed, whether or not we have asked for that, and in its character set. An encoding that is
 * not known here is taken for none, as browsers do: misconfigured servers name character sets there.
 * @throws {WireFault} too long, or not decompressible.
 */
export async function readBody(
  chunks: readonly Buffer[],
  headers: ReplyHeaders,
  limit: BodyLimit,
): Promise<string> {
  const received = Buffer.concat(chunks);
  if (received.length === 0) return '';
  const plain = await decompress(received, headers.get('content-encoding'), limit);
  const text = decodeText(plain, headers.get('content-type'));
  return 'whole' in limit ? text : text.slice(0, limit.start);
}

/** The body of an answer as it came. */
export interface Received {
  chunks: Buffer[];
  /** See `Recall`; `null` where none was wanted, or the body was not read to its end. */
  fingerprint: string | null;
}

/**
 * Collects the body of an answer as it came, and puts it into the digest on the way. Listens at once, and for good.
 * @throws {WireFault} too long; Node's error when it was cut off.
 */
export function collect(message: IncomingMessage, limit: BodyLimit, digest: Hash | null): Promise<Received> {
  const most = 'whole' in limit ? limit.whole : limit.start;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    message.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      chunks.push(chunk);
      digest?.update(chunk);
      if (bytes <= most) return;
      // The rest is not read: the connection ends with it.
      message.destroy();
      if ('whole' in limit) reject(tooLong(limit.whole));
      else resolve({ chunks: [Buffer.concat(chunks, most)], fingerprint: null });
    });
    message.once('end', () => resolve({ chunks, fingerprint: digest?.digest('base64') ?? null }));
    message.on('error', reject);
    message.once('close', () => {
      // It closes behind its end too, and an error with its stack for each answer that has come whole would be dear.
      if (!message.readableEnded) reject(Object.assign(new Error('cut off'), { code: 'ECONNRESET' }));
    });
  });
}

/**
 * Begins the fingerprint of an answer with what else decides how its bytes are read; see `Recall`. Not a matter of security, only of
 * telling answers apart.
 */
export function beginFingerprint(status: number, headers: ReplyHeaders): Hash {
  const head = [status, headers.get('content-type'), headers.get('content-encoding')];
  return createHash('sha1').update(JSON.stringify(head));
}

type Decoder = (bytes: Buffer, limit: BodyLimit) => Promise<Buffer>;

const unzip: Decoder = (bytes, limit) => promisify(gunzip)(bytes, zlibOptions(limit));

const DECODERS: Readonly<Record<string, Decoder>> = {
  gzip: unzip,
  'x-gzip': unzip,
  // RFC 9110, 8.4.1.2: some send it without the zlib format around it.
  deflate: (bytes, limit) =>
    promisify(((bytes[0] ?? 0) & 0x0f) === 8 ? inflate : inflateRaw)(bytes, zlibOptions(limit)),
  br: (bytes, limit) =>
    promisify(brotliDecompress)(bytes, {
      maxOutputLength: mostOf(limit),
      ...('start' in limit ? { finishFlush: constants.BROTLI_OPERATION_FLUSH } : {}),
    }),
  zstd: (bytes, limit) =>
    promisify(zstdDecompress)(bytes, {
      maxOutputLength: mostOf(limit),
      ...('start' in limit ? { finishFlush: constants.ZSTD_e_flush } : {}),
    }),
};

/** A beginning ends where we have stopped to read; a whole body must be whole. */
function zlibOptions(limit: BodyLimit): ZlibOptions {
  return {
    maxOutputLength: mostOf(limit),
    ...('start' in limit ? { finishFlush: constants.Z_SYNC_FLUSH } : {}),
  };
}

function mostOf(limit: BodyLimit): number {
  return 'whole' in limit ? limit.whole : MOST_OF_A_START;
}

async function decompress(received: Buffer, header: string | null, limit: BodyLimit): Promise<Buffer> {
  const encodings = (header ?? '')
    .split(',')
    .map((encoding) => encoding.trim().toLowerCase())
    .filter((encoding) => encoding !== '' && encoding !== 'identity');
  if (encodings.length > MOST_ENCODINGS) throw unreadable(`compressed ${encodings.length} times`);
  let bytes = received;
  for (const encoding of encodings.toReversed()) {
    const decoder = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding] : undefined;
    if (decoder === undefined) return bytes;
    try {
      bytes = await decoder(bytes, limit);
    } catch (thrown) {
      const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
      if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLong(mostOf(limit));
      throw unreadable(`${encoding}: ${code}`);
    }
  }
  return bytes;
}

import { PassThrough, pipeline, Readable, type Transform } from 'node:stream';
import { promisify } from 'node:util';
import { brotliCompress, constants, createBrotliCompress, createGzip, gzip } from 'node:zlib';
import type { MiddlewareHandler } from 'hono';

/** What is shorter is sent as it is, in bytes: it goes in one packet anyway. */
const WORTH_IT = 1_400;

const VARY = { Vary: 'Accept-Encoding' };

const gzipped = promisify(gzip);
const brotlied = promisify(brotliCompress);

/** A body and the header that says how it is coded. */
export interface Encoded {
  body: Buffer;
  headers: Record<string, string>;
}

/** Compresses a text as far as the client takes it. Done beside the event loop, in Node's own threads. */
export async function encode(text: string, acceptEncoding: string | undefined): Promise<Encoded> {
  const bytes = Buffer.from(text);
  const coding = bytes.length < WORTH_IT ? null : codingOf(acceptEncoding ?? '');
  if (coding === null) return { body: bytes, headers: VARY };
  return { body: await compressed(bytes, coding), headers: { ...VARY, 'Content-Encoding': coding } };
}

const LONG_TEXTS = /^(application\/json|application\/openmetrics-text|text\/plain)\b/;

/** Compresses answers for programs that are long, as far as the client takes it. */
export const compressLong: MiddlewareHandler = async (c, next) => {
  await next();
  const { res } = c;
  const isText = LONG_TEXTS.test(res.headers.get('content-type') ?? '');
  if (!isText || res.body === null || res.headers.has('content-encoding')) return;
  const { body, headers } = await encode(await res.text(), c.req.header('accept-encoding'));
  c.res = new Response(new Uint8Array(body), res);
  for (const [name, value] of Object.entries(headers)) c.header(name, value, { append: name === 'Vary' });
};

/** Pieces of one text that are sent as soon as they are there, each so that the client can read it before the next one comes. */
export function encodePieces(
  pieces: AsyncIterable<string>,
  acceptEncoding: string | undefined,
): { body: ReadableStream; headers: Record<string, string> } {
  const coding = codingOf(acceptEncoding ?? '');
  // Who leaves takes the coder away, and with it the pieces that are left.
  const coder = pipeline(Readable.from(pieces), coderOf(coding), () => {});
  return {
    body: Readable.toWeb(coder) as ReadableStream,
    headers: coding === null ? VARY : { ...VARY, 'Content-Encoding': coding },
  };
}

function coderOf(coding: ReturnType<typeof codingOf>): Transform {
  if (coding === null) return new PassThrough();
  return coding === 'br'
    ? createBrotliCompress({ ...BROTLI, flush: constants.BROTLI_OPERATION_FLUSH })
    : createGzip({ flush: constants.Z_SYNC_FLUSH });
}

/** A window of 256 kB and a middling effort: with more of either, a page of 200 kB takes ten times as long and is a twentieth smaller. */
const BROTLI = {
  params: { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_LGWIN]: 18 },
};

function compressed(bytes: Buffer, coding: 'br' | 'gzip'): Promise<Buffer> {
  return coding === 'br' ? brotlied(bytes, BROTLI) : gzipped(bytes);
}

/** The better of those that the client takes; `null`: it takes none. */
function codingOf(accepted: string): 'br' | 'gzip' | null {
  const codings = accepted
    .toLowerCase()
    .split(',')
    .filter((each) => !/;\s*q=0(\.0*)?\s*$/.test(each))
    .map((each) => each.split(';')[0]?.trim());
  if (codings.includes('br')) return 'br';
  return codings.includes('gzip') ? 'gzip' : null;
}

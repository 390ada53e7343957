import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

/** What is shorter is sent as it is, in bytes: it goes in one packet anyway. */
const WORTH_IT = 1_400;

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
  const vary = { Vary: 'Accept-Encoding' };
  const coding = bytes.length < WORTH_IT ? null : codingOf(acceptEncoding ?? '');
  if (coding === null) return { body: bytes, headers: vary };
  return { body: await compressed(bytes, coding), headers: { ...vary, 'Content-Encoding': coding } };
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

import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { brotliDecompressSync } from 'node:zlib';

/** Pages that are open and listen. */
export interface Viewers {
  /** Bytes that all of them have been sent so far. */
  bytes(): number;
  /** Signs that the first of them was sent so far: one with each change, and one every four seconds besides. */
  signs(): number;
  close(): void;
}

/** A file as it came over the wire. */
export interface Fetched {
  text: string;
  /** Of its body, as it was coded. */
  bytes: number;
}

/** Fetches as a browser does that takes Brotli. @throws {Error} when the answer is not 200. */
export async function fetchCoded(url: string): Promise<Fetched> {
  const response = await request(url, { 'accept-encoding': 'br' });
  const body = Buffer.concat(await response.toArray());
  if (response.statusCode !== 200) throw new Error(`${url} answers ${response.statusCode}`);
  const isCoded = response.headers['content-encoding'] === 'br';
  return { text: (isCoded ? brotliDecompressSync(body) : body).toString(), bytes: body.length };
}

/** Opens a page at each of these addresses, and lets it listen as its script does: with the marks of what it shows. */
export async function openViewers(url: string, paths: readonly string[]): Promise<Viewers> {
  const agent = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });
  let [bytes, signs] = [0, 0];
  const streams: IncomingMessage[] = [];
  for (const path of paths) {
    const { text } = await fetchCoded(url + path);
    const stream = await request(url + listeningAddress(text), {}, agent);
    if (stream.statusCode !== 200) throw new Error(`a page may not listen: ${stream.statusCode}`);
    const isFirst = streams.length === 0;
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (isFirst) signs += chunk.toString('latin1').split('event: sign').length - 1;
    });
    stream.on('error', () => undefined);
    streams.push(stream);
  }
  return {
    bytes: () => bytes,
    signs: () => signs,
    close: () => {
      for (const stream of streams) stream.destroy();
    },
  };
}

/** Where a page listens, by what stands in it. */
function listeningAddress(page: string): string {
  const of = (name: string): string =>
    new RegExp(`data-${name}="([^"]*)"`).exec(page)?.[1]?.replaceAll('&amp;', '&') ?? '';
  return `${of('live')}&marks=${encodeURIComponent(of('marks'))}`;
}

async function request(
  url: string,
  headers: Record<string, string>,
  agent?: Agent,
): Promise<IncomingMessage> {
  const asked = get(url, { headers, ...(agent === undefined ? {} : { agent }) });
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return response;
}

import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { aJob, anObservation, jobId } from '../support/builders.ts';
import { serve } from './serve.ts';

const MANY = Array.from({ length: 50 }, (_, number) => anObservation(aJob([], { id: jobId(number) })));

describe('a long answer', () => {
  it.each([
    ['gzip', 'gzip', gunzipSync],
    ['br', 'gzip, deflate, br', brotliDecompressSync],
  ] as const)('is compressed as the client takes it: %s', async (coding, accepted, decompress) => {
    const { server, get } = await serve({ observations: MANY });
    const plain = await get('/api/v1/jobs');
    expect(plain.headers).toMatchObject({ vary: 'Accept-Encoding' });
    expect(plain.headers['content-encoding']).toBeUndefined();
    const { headers, bytes } = await raw(`${server.url}/api/v1/jobs`, accepted);
    expect(headers).toMatchObject({ 'content-encoding': coding, 'content-length': String(bytes.length) });
    expect(bytes.length).toBeLessThan(plain.text.length / 5);
    expect(JSON.parse(decompress(bytes).toString())).toEqual(plain.body);
  });

  it('keeps what else it varies by, and a short one goes as it is', async () => {
    const { server } = await serve();
    const metrics = await raw(`${server.url}/metrics`, 'gzip');
    expect(String(metrics.headers.vary).split(', ').toSorted()).toEqual(['Accept', 'Accept-Encoding']);
    expect(metrics.headers['content-encoding']).toBeUndefined();
    expect(metrics.bytes.toString()).toContain('up{');
  });
});

/** Not fetch, which decompresses by itself. */
async function raw(url: string, accepted: string) {
  const call = request(url, { agent: false, headers: { 'accept-encoding': accepted } });
  call.end();
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { headers: response.headers, bytes: Buffer.concat(chunks) };
}

import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { StatusReport } from '../../../src/views/status/report.ts';
import { anObservation } from '../../support/builders.ts';
import { aReport } from '../../support/page-facts.ts';
import { serve } from '../serve.ts';

/** A server whose pages can be rendered once they are let. */
async function serveSlowly() {
  const gate = Promise.withResolvers<StatusReport>();
  const letGo = (): void => gate.resolve(aReport());
  onTestFinished(letGo);
  let scraped = 0;
  const metrics = {
    render: async () => {
      scraped += 1;
      return { contentType: 'text/plain', text: 'up 1\n' };
    },
  };
  const served = await serve({ observations: [anObservation()] }, { report: () => gate.promise, metrics });
  return { letGo, scraped: () => scraped, ...served };
}

const DECODERS = { identity: null, gzip: createGunzip, br: createBrotliDecompress } as const;

/** Asks for a path, and gathers what comes. */
async function ask(url: string, coding: keyof typeof DECODERS = 'identity') {
  const call = request(url, { agent: false, headers: { 'accept-encoding': coding } });
  call.end();
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  const decoder = DECODERS[coding];
  const decoded: Readable = decoder === null ? response : response.pipe(decoder());
  let text = '';
  decoded.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  return { response, received: () => text };
}

describe('the page, sent in pieces', () => {
  it.each(['identity', 'gzip', 'br'] as const)(
    'has a browser load its files while it is rendered: %s',
    async (coding) => {
      const { server, letGo } = await serveSlowly();
      const { response, received } = await ask(`${server.url}/`, coding);
      expect(response.headers['content-encoding']).toBe(coding === 'identity' ? undefined : coding);
      await expect.poll(received).toContain('</head>');
      expect(received()).toMatch(/<link rel="stylesheet" href="\/assets\/page\.\w+\.css">/);
      expect(received()).not.toContain('<body');
      letGo();
      await expect.poll(received).toContain('</html>');
      const places = ['id="state"', 'id="running"', '/assets/record.', 'id="timeline"', 'id="record"'];
      expect(places.map((place) => received().indexOf(place))).toEqual(
        places.map((place) => received().indexOf(place)).toSorted((a, b) => a - b),
      );
      expect(received()).toContain('id="record"');
    },
  );

  it('keeps its turn until it is rendered, though its head is sent', async () => {
    const { server, letGo, scraped } = await serveSlowly();
    for (const range of ['2h', '7d']) await ask(`${server.url}/?range=${range}`);
    const third = request(`${server.url}/metrics`, { agent: false });
    third.end();
    const answered = once(third, 'response');
    // Asked for behind the third one, and answered without a turn.
    await ask(`${server.url}/healthz`);
    expect(scraped()).toBe(0);
    letGo();
    const [response] = (await answered) as [IncomingMessage];
    expect(response.statusCode).toBe(200);
    expect(scraped()).toBe(1);
  });

  it('says that it could not be rendered after all, logs why once, and says when it can be again', async () => {
    let fault: Error | null = new Error('inner secret');
    const report = async () => {
      if (fault !== null) throw fault;
      return aReport();
    };
    const { get, logged } = await serve({}, { report });
    for (let times = 0; times < 3; times += 1) {
      const { status, text } = await get('/');
      expect(status).toBe(200);
      expect(text).toContain('Something is wrong with this page');
      expect(text).toMatch(/<\/html>$/);
      expect(text).not.toContain('inner secret');
    }
    expect(logged).toMatchObject([{ level: 'error', message: 'The page could not be rendered' }]);
    fault = null;
    expect((await get('/')).text).toContain('id="timeline"');
    expect(logged.slice(1)).toMatchObject([{ level: 'info', message: 'The page is rendered again' }]);
  });

  it('is left by who does not wait for it, and then holds nothing up', async () => {
    const { server, letGo, get } = await serveSlowly();
    const { response } = await ask(`${server.url}/`, 'br');
    response.destroy();
    letGo();
    expect((await get('/metrics')).status).toBe(200);
    expect((await get('/')).text).toMatch(/<\/html>$/);
  });
});

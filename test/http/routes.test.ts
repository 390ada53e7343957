import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { createFrontDoor } from '../../src/http/door/front-door.ts';
import { createRoutes } from '../../src/http/routes.ts';
import { fetchOnce } from '../support/fetch-once.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';

/** A server whose routes are loaded by the functions of this list, one after the other. */
async function serveLate(...loads: Array<() => Promise<RequestListener>>) {
  const logger = createRecordingLogger();
  const left = [...loads];
  const load = () => left.shift()?.() ?? Promise.reject(new Error('loaded once too often'));
  const routes = createRoutes(load, logger);
  const server = createFrontDoor({
    ...{ listener: routes.listener, connections: 9, loopbackNamesOnly: true, logger },
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const get = async () => {
    const answer = await fetchOnce(`http://127.0.0.1:${port}/healthz`);
    return { status: answer.status, text: await answer.text() };
  };
  return { get, prepare: routes.prepare, lines: logger.lines };
}

const hello = async (): Promise<RequestListener> => (_request, response) => void response.end('hello');
const noDescriptor = () =>
  Promise.reject<RequestListener>(
    Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' }),
  );

it('refuses requests while what answers them cannot be loaded, says so once, and tries again with each', async () => {
  const { get, lines } = await serveLate(noDescriptor, noDescriptor, hello);
  for (const _time of [1, 2]) {
    const { status, text } = await get();
    expect(status).toBe(503);
    expect(JSON.parse(text)).toEqual({
      error: 'what answers requests could not be loaded',
      hint: 'ask again in a moment; the log says why',
    });
  }
  expect(lines).toMatchObject([
    { level: 'error', message: expect.stringContaining('EMFILE'), fields: { hint: expect.any(String) } },
  ]);
  expect(await get()).toEqual({ status: 200, text: 'hello' });
  expect(lines.slice(1)).toMatchObject([{ level: 'info', fields: { times: 2 } }]);
});

it('ends nothing when they cannot be loaded ahead of the first request, and loads them once for all who ask at once', async () => {
  const { get, prepare, lines } = await serveLate(noDescriptor, hello);
  prepare();
  // Node looks for rejections that nobody handles after each turn.
  for (let turns = 0; turns < 3; turns += 1) await nextTurn();
  expect(lines).toMatchObject([{ level: 'error' }]);
  expect(await Promise.all([get(), get(), get()])).toEqual(
    Array.from({ length: 3 }, () => ({ status: 200, text: 'hello' })),
  );
});

import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import { Worker } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import { limitTime } from '../../src/net/limit-time.ts';

const LIMIT_MS = 50;

/** A server in a thread of its own: it notes in `state` that a request has come (1), and that its answer has gone out (2). */
const SERVER = `
  const { workerData: state, parentPort } = require('node:worker_threads');
  const server = require('node:http').createServer((request, response) => {
    Atomics.store(state, 0, 1);
    parentPort.postMessage('asked');
    Atomics.wait(state, 0, 1);
    response.end('in time', () => {
      Atomics.store(state, 1, 1);
      Atomics.notify(state, 1);
    });
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

it('takes an answer that came while the process stood still until the time was up', async () => {
  const state = new Int32Array(new SharedArrayBuffer(8));
  const server = new Worker(SERVER, { eval: true, workerData: state });
  onTestFinished(async () => void (await server.terminate()));
  const port = await new Promise<number>((resolve) => void server.once('message', resolve));
  const asked = new Promise((resolve) => void server.once('message', resolve));
  const limit = limitTime(new AbortController().signal, 60_000);
  const answered = new Promise<string>((resolve, reject) => {
    get({ port, host: '127.0.0.1', signal: limit.signal }, (reply) => text(reply).then(resolve, reject)).on(
      'error',
      reject,
    );
  });
  await asked;
  const late = limitTime(limit.signal, LIMIT_MS);
  const begunAt = performance.now();
  Atomics.store(state, 0, 2);
  Atomics.notify(state, 0);
  Atomics.wait(state, 1, 0);
  while (performance.now() < begunAt + 2 * LIMIT_MS) Atomics.wait(state, 1, 1, LIMIT_MS);
  const first = await Promise.race([
    answered,
    new Promise<string>((resolve) => void late.signal.addEventListener('abort', () => resolve('too late'))),
  ]);
  late.end();
  limit.end();
  expect(first).toBe('in time');
});

it('aborts when the time is up, and not once the work has ended', async () => {
  const limit = limitTime(new AbortController().signal, 1);
  const aborted = new Promise((resolve) => void limit.signal.addEventListener('abort', resolve));
  // What keeps the process alive until then, for the limit does not.
  const alive = setInterval(() => {}, 1_000);
  await aborted;
  clearInterval(alive);
  expect(limit.signal.reason).toMatchObject({ name: 'TimeoutError' });
  const ended = limitTime(new AbortController().signal, 0);
  ended.end();
  const outer = new AbortController();
  const cut = limitTime(outer.signal, 60_000);
  outer.abort(new Error('stopped'));
  expect(cut.signal.reason).toMatchObject({ message: 'stopped' });
  cut.end();
  expect(ended.signal.aborted).toBe(false);
});

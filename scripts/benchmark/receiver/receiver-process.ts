/** The process of a webhook's receiver: it accepts everything, after a time, and notes when each message had come in. */
import { createServer } from 'node:http';
import { basename } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { listenOnLoopback } from '../../../src/simulator/loopback.ts';
import { monotonicMs } from '../process/monotonic.ts';
import { serveOrders } from '../process/orders.ts';
import type { Receipt, ReceiverOrder } from './receiver.ts';

const answerAfterMs = Number(process.argv[2] ?? 0);
const receipts: Receipt[] = [];

const server = createServer((request, response) => {
  void text(request)
    .then(async (body) => {
      const atMs = monotonicMs();
      const { id, source, subject } = JSON.parse(body) as { id: string; source: string; subject: string };
      receipts.push({ id, job: `${basename(source)}/${subject}`, atMs });
      if (answerAfterMs > 0) await delay(answerAfterMs);
      response.writeHead(204).end();
    })
    .catch(() => response.destroy());
});
server.keepAliveTimeout = 60_000;
const { host, port, close } = await listenOnLoopback(server);

serveOrders<ReceiverOrder, number | Receipt[]>(
  `http://${host}:${port}/hook`,
  (order) => (order === 'count' ? receipts.length : receipts),
  close,
);

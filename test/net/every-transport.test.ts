import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { startConnectProxy } from '../support/connect-proxy.ts';
import { startRawServer } from '../support/raw-server.ts';

it('has the proxy close a tunnel on both sides when who asked for it resets the connection', async () => {
  const server = await startRawServer();
  server.play = ['HANG'];
  const proxy = await startConnectProxy({ toPort: server.port });
  const client = connect(Number(new URL(proxy.url).port), '127.0.0.1');
  client.write('CONNECT atlas:443 HTTP/1.1\r\nHost: atlas:443\r\n\r\n');
  await once(client, 'data');
  client.write('GET / HTTP/1.1\r\n\r\n');
  await expect.poll(() => server.requests()).toBe(1);
  client.resetAndDestroy();
  await expect.poll(() => [proxy.open(), server.open()]).toEqual([0, 0]);
  await proxy.close();
  await server.close();
});

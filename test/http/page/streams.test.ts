import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createSignals } from '../../../src/signals.ts';
import { aWatch } from '../../support/builders.ts';
import { fetchOnce } from '../../support/fetch-once.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { aWatcherStatus, aWatchStatus } from '../../support/statuses.ts';
import { serve } from '../serve.ts';

/** Listens to the page's stream and gathers what it is sent. */
async function listen(
  url: string,
): Promise<{ response: IncomingMessage; events: Array<{ event: string; data: string }> }> {
  const call = request(url, { agent: false });
  call.end();
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  const events: Array<{ event: string; data: string }> = [];
  let rest = '';
  response.setEncoding('utf8').on('data', (text: string) => {
    const blocks = (rest + text).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, event = ''] = /^event: (.*)$/m.exec(block) ?? [];
      events.push({ event, data: /^data: (.*)$/m.exec(block)?.[1] ?? '' });
    }
  });
  response.on('error', () => {});
  return { response, events };
}

const sections = (events: Array<{ event: string; data: string }>): string[] =>
  events
    .filter(({ event }) => event === 'section')
    .map(({ data }) => (JSON.parse(data) as { name: string }).name);

/** From one glance at whether there is news to the next, and from one look to the next where there is none. */
const GLANCE_MS = 1_000;
const LOOK_MS = 4 * GLANCE_MS;
const EVERY_SECTION = ['state', 'running', 'timeline', 'events', 'watches', 'deliveries', 'mutes', 'record'];

describe('the stream of an open page', () => {
  it('brings every section to a page that shows none, and nothing to one that shows them all', async () => {
    const { server } = await serve();
    const { events } = await listen(`${server.url}/live?range=24h`);
    await expect.poll(() => sections(events)).toEqual(EVERY_SECTION);

    const page = await (await fetchOnce(server.url)).text();
    const [, marks = ''] = /data-marks="([^"]+)"/.exec(page) ?? [];
    expect(marks.split(',')).toHaveLength(EVERY_SECTION.length);
    const second = await listen(`${server.url}/live?range=24h&marks=${marks}`);
    await expect.poll(() => second.events.some(({ event }) => event === 'sign')).toBe(true);
    const third = await listen(`${server.url}/live?range=24h`);
    await expect.poll(() => sections(third.events)).toEqual(EVERY_SECTION);
    expect(sections(second.events)).toEqual([]);
  });

  it('brings just the section whose text has changed', async () => {
    const signals = createSignals(createRecordingLogger());
    let watches = [aWatchStatus({ kind: 'flex' })];
    const { server } = await serve({}, { signals, status: () => aWatcherStatus({ watches }) });
    const { events } = await listen(`${server.url}/live`);
    await expect.poll(() => sections(events)).toEqual(EVERY_SECTION);
    watches = [aWatchStatus({ kind: 'cluster' })];
    signals.emit('audit:written', {});
    await expect.poll(() => sections(events).slice(EVERY_SECTION.length)).toEqual(['watches']);
  });

  it('brings what is recorded long before it looks by itself, and what nothing tells of when it does', async () => {
    // Time goes on for the server only where the test lets it: whatever came, came by then, on the slowest machine too.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const signals = createSignals(createRecordingLogger());
    let watches = [aWatchStatus({ kind: 'flex' })];
    const { server } = await serve({}, { signals, status: () => aWatcherStatus({ watches }) });
    const { events } = await listen(`${server.url}/live`);
    const seen = async (): Promise<string[]> => {
      await vi.advanceTimersByTimeAsync(0);
      return sections(events).slice(EVERY_SECTION.length);
    };
    await expect.poll(async () => (await seen()) && sections(events)).toEqual(EVERY_SECTION);

    watches = [aWatchStatus({ kind: 'cluster' })];
    signals.emit('audit:written', {});
    await vi.advanceTimersByTimeAsync(GLANCE_MS / 2);
    await expect.poll(seen).toEqual(['watches']);

    watches = [aWatchStatus({ kind: 'legacy' })];
    await vi.advanceTimersByTimeAsync(LOOK_MS);
    await expect.poll(seen).toEqual(['watches', 'watches']);
  });

  it('brings just the row that has changed to a page that shows the others', async () => {
    const signals = createSignals(createRecordingLogger());
    let watches = [aWatchStatus({ kind: 'flex' }), aWatchStatus({ watch: 'carts' })];
    const { server } = await serve({}, { signals, status: () => aWatcherStatus({ watches }) });
    const { events } = await listen(`${server.url}/live`);
    await expect.poll(() => sections(events)).toEqual(EVERY_SECTION);
    watches = [aWatchStatus({ kind: 'cluster' }), aWatchStatus({ watch: 'carts' })];
    signals.emit('audit:written', {});
    await expect.poll(() => sections(events).length).toBe(EVERY_SECTION.length + 1);
    const { data = '' } = events.findLast(({ event }) => event === 'section') ?? {};
    const { frame, parts } = JSON.parse(data) as { frame: string | null; parts: Record<string, string> };
    expect(frame).toBeNull();
    expect(Object.keys(parts)).toEqual(['watch-orders']);
    expect(parts['watch-orders']).toContain('<span class="of">cluster</span>');
  });

  it('ends at once when the server stops, with ten pages open', async () => {
    const { server } = await serve();
    const pages = await Promise.all(Array.from({ length: 10 }, () => listen(`${server.url}/live`)));
    const ended = Promise.all(pages.map(({ response }) => once(response, 'end')));
    await server.close();
    await ended;
    // Nobody comes back over a connection that was kept open.
    expect(pages.map(({ response }) => response.headers.connection)).toEqual(pages.map(() => 'close'));
  });

  it('is refused to the twenty-first page, until one of the others has gone', async () => {
    const { server } = await serve();
    const pages = await Promise.all(Array.from({ length: 20 }, () => listen(`${server.url}/live`)));
    const refused = await listen(`${server.url}/live`);
    expect(refused.response.statusCode).toBe(503);
    expect(refused.response.headers.connection).toBe('close');
    pages[0]?.response.destroy();
    await expect.poll(async () => (await listen(`${server.url}/live`)).response.statusCode).toBe(200);
  });

  it('tells two pages with other filters each its own', async () => {
    const status = () =>
      aWatcherStatus({ watches: [aWatchStatus(), aWatchStatus({ watch: 'carts', instanceName: 'carts' })] });
    const { server } = await serve({}, { status, mutableWatches: () => [aWatch()] });
    const [all, one] = [await listen(`${server.url}/live`), await listen(`${server.url}/live?watch=carts`)];
    const table = ({ events }: typeof all): string =>
      events.find(({ data }) => data.includes('"name":"watches"'))?.data ?? '';
    await expect.poll(() => table(all)).toContain('watch-orders');
    await expect.poll(() => table(one)).toContain('watch-carts');
    expect(table(one)).not.toContain('watch-orders');
  });
});

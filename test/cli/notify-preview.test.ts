import { describe, expect, it } from 'vitest';
import type { Notice, Notifier } from '../../src/channels/notifier.ts';
import { jobOf } from '../../src/domain/event/subject.ts';
import { aJob, anEvent, jobId, MINUTE, T0 } from '../support/builders.ts';
import { readingStore, recorded } from '../support/reading-store.ts';
import { aConfig, cli } from './harness.ts';

/** Channels that show a line for each event, and must not send. */
function previewing() {
  const closed: string[] = [];
  const createNotifier = (_config: unknown, channel: string): Notifier => ({
    channel,
    type: 'slack',
    maxBatch: 1,
    concurrency: 1,
    send: () => Promise.reject(new Error('a preview sends nothing')),
    preview: async (notices: readonly Notice[]) => {
      const said = notices.map(({ event }) => `${event.test ? '[TEST] ' : ''}${event.summary}`);
      return { content: { said }, text: said.join('\n') };
    },
    close: async () => {
      closed.push(channel);
    },
  });
  return { closed, parts: { createNotifier } };
}

const started = anEvent('started', { id: 'e1', detectedAt: T0 });
const failed = anEvent('failed', { id: 'e2', detectedAt: T0 + MINUTE });
const other = anEvent('finished', {
  id: 'e3',
  detectedAt: T0 + 2 * MINUTE,
  job: aJob(['finished'], { id: jobId(9) }),
  summary: 'Another restore \u001b[31mfinished',
});
const aStore = () => readingStore({ events: [other, failed, started].map((event) => recorded(event, [])) });

describe('notify preview', () => {
  it('shows the latest event on record as each channel would be sent it', async () => {
    const { closed, parts } = previewing();
    const store = aStore();
    const { code, out, err } = await cli(['notify', 'preview'], { store, parts });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.split('\n')).toEqual([
      'oncall (slack): finished, on record since 2026-11-02 08:02:05Z',
      'Another restore  [31mfinished',
      '',
      'siem (webhook): finished, on record since 2026-11-02 08:02:05Z',
      'Another restore  [31mfinished',
      '',
    ]);
    expect(closed).toEqual(['oncall', 'siem']);
    expect(store.isClosed).toBe(true);
  });

  it('prefers what has happened to a test alert that is newer', async () => {
    const { parts } = previewing();
    const sample = anEvent('failed', { id: 'e4', detectedAt: T0 + 3 * MINUTE, test: true });
    const events = [recorded(sample, []), recorded(failed, [])];
    const ids = async (store: ReturnType<typeof readingStore>) =>
      (await cli(['notify', 'preview', '--channel', 'siem', '--json'], { store, parts }))
        .json()
        .items.map(({ eventId }) => eventId);
    expect(await ids(readingStore({ events }))).toEqual(['e2']);
    expect(await ids(readingStore({ events: events.slice(0, 1) }))).toEqual(['e4']);
  });

  it('shows one channel, and the latest event of a name or of a job', async () => {
    const { parts } = previewing();
    const of = async (...argv: string[]) =>
      (await cli(['notify', 'preview', '--channel', 'siem', ...argv], { store: aStore(), parts })).out;
    expect(await of('--event', 'started')).toContain(started.summary);
    expect(await of('--job', jobOf(failed)?.id ?? '')).toContain(failed.summary);
    expect(await of('--job', jobOf(failed)?.id ?? '', '--event', 'started')).toContain(started.summary);
    expect(await of()).not.toContain('oncall');
  });

  it.each([
    ['there is no database', null],
    ['nothing is on record', readingStore()],
  ])('shows a sample when %s', async (_case, store) => {
    const { code, out } = await cli(['notify', 'preview'], { store, parts: previewing().parts });
    expect(code).toBe(0);
    expect(out).toMatch(/^oncall \(slack\): failed, a sample\n\[TEST\] Restore /);
  });

  it('shows a sample of an event that is not on record', async () => {
    const { out } = await cli(['notify', 'preview', '--event', 'stalled'], {
      store: aStore(),
      ...previewing(),
    });
    expect(out).toContain('oncall (slack): stalled, a sample\n[TEST] ');
  });

  it.each([
    [['--recorded', '--event', 'stalled'], 'No event "stalled" is on record.\n'],
    [['--job', 'nonsense'], 'No event of job nonsense is on record.\n'],
  ])('shows no sample where a record was asked for: %j', async (argv, says) => {
    const { code, out, err } = await cli(['notify', 'preview', ...argv], {
      store: aStore(),
      ...previewing(),
    });
    expect({ code, out, err }).toEqual({ code: 1, out: '', err: says });
    const { json } = await cli(['notify', 'preview', ...argv, '--json'], {
      store: aStore(),
      ...previewing(),
    });
    expect(json()).toEqual({ items: [] });
  });

  it('prints JSON', async () => {
    const { json } = await cli(['notify', 'preview', '--channel', 'siem', '--event', 'failed', '--json'], {
      store: aStore(),
      ...previewing(),
    });
    expect(json()).toEqual({
      items: [
        {
          channel: 'siem',
          type: 'webhook',
          eventId: 'e2',
          event: 'failed',
          detectedAt: '2026-11-02T08:01:05.000Z',
          from: 'record',
          content: { said: [failed.summary] },
        },
      ],
    });
  });

  it('names the configured channels when asked for one that is not there', async () => {
    expect(await cli(['notify', 'preview', '--channel', 'pager'])).toMatchObject({
      code: 2,
      err: 'error: there is no channel pager\nhint: Configured are: oncall, siem.\n',
    });
    expect((await cli(['notify', 'preview'], { config: aConfig({ channels: [] }) })).code).toBe(2);
  });
});

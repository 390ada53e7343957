import { describe, expect, it } from 'vitest';
import type { Notice, Notifier } from '../../src/channels/notifier.ts';
import { DeliveryError } from '../../src/errors.ts';
import type { HeartbeatAnswer } from '../../src/health/heartbeat-answer.ts';
import { anEvent, T0 } from '../support/builders.ts';
import { readingStore, recorded } from '../support/reading-store.ts';
import { aConfig, cli } from './harness.ts';

/** A channel that accepts, or fails as told; keeps what it was asked to send. */
function channels(failing: Record<string, Error> = {}) {
  const sent: Array<Notice & { channel: string }> = [];
  const closed: string[] = [];
  const createNotifier = (_config: unknown, channel: string): Notifier => ({
    channel,
    type: 'slack',
    maxBatch: 1,
    concurrency: 1,
    send: async (notices) => {
      sent.push(...notices.map((notice) => ({ ...notice, channel })));
      const failure = failing[channel];
      if (failure) throw failure;
      return { detail: 'HTTP 200' };
    },
    preview: async () => {
      throw new Error('nobody asked for a preview');
    },
    close: async () => {
      closed.push(channel);
    },
  });
  return { sent, closed, createNotifier };
}

const REFUSED = new DeliveryError('refused', 'Slack answers 404: the hook is gone', {
  retryable: false,
  hint: 'Make a new webhook.',
});

describe('notify test', () => {
  it('sends a marked sample through every channel and shows what each answered', async () => {
    const { sent, closed, createNotifier } = channels();
    const { code, out } = await cli(['notify', 'test'], { parts: { createNotifier } });
    expect(code).toBe(0);
    expect(sent).toMatchObject([
      { channel: 'oncall', event: { name: 'failed', test: true, subject: { watch: 'orders' } } },
      { channel: 'siem', event: { name: 'failed', test: true } },
    ]);
    expect(sent[0]?.deliveryId).toBe(`${sent[0]?.event.id}:oncall`);
    expect(closed).toEqual(['oncall', 'siem']);
    expect(out.split('\n')).toEqual([
      'CHANNEL  TYPE     RESULT    TOOK  ANSWER',
      'oncall   slack    accepted  0 ms  HTTP 200',
      'siem     webhook  accepted  0 ms  HTTP 200',
      '',
    ]);
  });

  it('tries one channel, with another event and the page of its project', async () => {
    const { sent, createNotifier } = channels();
    await cli(['notify', 'test', '--channel', 'siem', '--event', 'watch_failing'], {
      parts: { createNotifier, projectUrl: () => 'https://cloud.mongodb.com/v2/p' },
    });
    expect(sent).toMatchObject([
      {
        channel: 'siem',
        event: { name: 'watch_failing', subject: { projectUrl: 'https://cloud.mongodb.com/v2/p' } },
      },
    ]);
  });

  it('exits with 1 when one channel fails, with its reason and hint, and tries the others all the same', async () => {
    const { sent, createNotifier } = channels({ oncall: REFUSED });
    const { code, out } = await cli(['notify', 'test'], { parts: { createNotifier } });
    expect(code).toBe(1);
    expect(sent).toHaveLength(2);
    expect(out).toContain('failed    0 ms  Slack answers 404: the hook is gone');
    expect(out).toContain('hint for oncall: Make a new webhook.');
    expect(out).toContain('accepted  0 ms  HTTP 200');
  });

  it('prints JSON', async () => {
    const { createNotifier } = channels({ oncall: REFUSED });
    const { json } = await cli(['notify', 'test', '--json'], { parts: { createNotifier } });
    expect(json().items).toMatchObject([
      { channel: 'oncall', outcome: 'failed', detail: REFUSED.message, hint: 'Make a new webhook.' },
      { channel: 'siem', outcome: 'accepted', detail: 'HTTP 200', hint: null },
    ]);
  });

  it.each<[HeartbeatAnswer, number, string]>([
    [{ kind: 'taken', detail: 'HTTP 200' }, 0, '\nHeartbeat: received (HTTP 200)\n'],
    [
      { kind: 'refused', detail: 'HTTP 404', hint: 'Check the address.' },
      1,
      '\nHeartbeat: not received (HTTP 404)\n  hint: Check the address.\n',
    ],
    [
      { kind: 'doubtful', detail: 'HTTP 200: OK (not found)', hint: 'It has noted nothing.' },
      0,
      '\nHeartbeat: answered, and most likely not noted (HTTP 200: OK (not found))\n  hint: It has noted nothing.\n',
    ],
  ])('calls the heartbeat as well and says what came: %j', async (answer, exit, says) => {
    const { createNotifier } = channels();
    const parts = { createNotifier, tryHeartbeat: async () => answer };
    const { code, out } = await cli(['notify', 'test'], { parts });
    expect(code).toBe(exit);
    expect(out).toContain(says);
    const { json } = await cli(['notify', 'test', '--json'], { parts });
    expect(json().heartbeat).toMatchObject({ outcome: answer.kind, detail: answer.detail });
  });

  it('leaves the heartbeat alone when it tries one channel', async () => {
    const { createNotifier } = channels();
    const tryHeartbeat = () => expect.unreachable();
    const { code, json } = await cli(['notify', 'test', '--channel', 'siem', '--json'], {
      parts: { createNotifier, tryHeartbeat },
    });
    expect(code).toBe(0);
    expect(json().heartbeat).toBeNull();
  });

  it('writes the test to the audit log where there is one', async () => {
    const store = readingStore();
    const { createNotifier } = channels({ oncall: REFUSED });
    await cli(['notify', 'test'], { store, parts: { createNotifier } });
    expect(store.content.audit).toMatchObject([
      {
        kind: 'test.sent',
        data: {
          event: 'failed',
          channels: [
            { channel: 'oncall', outcome: 'failed' },
            { channel: 'siem', outcome: 'accepted' },
          ],
        },
      },
    ]);
    expect(store.isClosed).toBe(true);
  });

  it('is not spoilt by a store that cannot be written', async () => {
    const { createNotifier } = channels();
    const openStore = () => Promise.reject(new Error('disk full'));
    const { code, err } = await cli(['notify', 'test'], { parts: { createNotifier, openStore } });
    expect(code).toBe(0);
    expect(err).toBe('note: the test is not in the audit log: disk full\n');
  });

  it('names the configured channels when asked for one that is not there', async () => {
    const { code, err } = await cli(['notify', 'test', '--channel', 'pager']);
    expect(code).toBe(2);
    expect(err).toBe('error: there is no channel pager\nhint: Configured are: oncall, siem.\n');
  });

  it('says so when no channel is configured at all', async () => {
    const { code, err } = await cli(['notify', 'test'], { config: aConfig({ channels: [] }) });
    expect(code).toBe(2);
    expect(err).toContain('configures no channel');
  });
});

describe('deliveries redrive', () => {
  const event = anEvent();
  const aStore = () =>
    readingStore({
      events: [
        recorded(event, [
          { channel: 'oncall' },
          { channel: 'siem', status: 'given_up' },
          { channel: 'dba', status: 'given_up' },
        ]),
      ],
    });
  const statuses = (store: ReturnType<typeof aStore>) =>
    store.content.events.flatMap(({ deliveries }) => deliveries.map(({ status }) => status));

  it('makes all that were given up due again', async () => {
    const store = aStore();
    const { code, out } = await cli(['deliveries', 'redrive', '--given-up'], { store });
    expect(code).toBe(0);
    expect(out).toContain('2 deliveries are due again.');
    expect(statuses(store)).toEqual(['delivered', 'pending', 'pending']);
    expect(store.isClosed).toBe(true);
  });

  it('makes those of one channel due again', async () => {
    const store = aStore();
    const { out } = await cli(['deliveries', 'redrive', '--given-up', '--channel', 'dba'], { store });
    expect(out).toContain('1 delivery is due again.');
    expect(statuses(store)).toEqual(['delivered', 'given_up', 'pending']);
  });

  it('makes the named ones due again, and fails for those that were not given up', async () => {
    const store = aStore();
    const { code, out, err } = await cli(
      ['deliveries', 'redrive', `${event.id}:siem`, `${event.id}:oncall`, 'nonsense'],
      { store },
    );
    expect(code).toBe(1);
    expect(out).toContain('1 delivery is due again.');
    expect(err).toContain(`${event.id}:oncall is not a delivery that was given up`);
    expect(err).toContain('nonsense is not');
    expect(err).toMatch(/\nhint: "restore-watcher deliveries" with --status given_up, or pending, lists/);
    expect(statuses(store)).toEqual(['delivered', 'pending', 'given_up']);
  });

  it('says so when none is given up', async () => {
    const { code, out } = await cli(['deliveries', 'redrive', '--given-up'], { store: readingStore() });
    expect({ code, out }).toEqual({ code: 0, out: 'No delivery is given up.\n' });
  });

  it('prints JSON', async () => {
    const { json } = await cli(['deliveries', 'redrive', `${event.id}:siem`, 'nonsense', '--json'], {
      store: aStore(),
    });
    expect(json()).toEqual({ redriven: [`${event.id}:siem`], refused: ['nonsense'] });
  });

  it('has nothing to do without a database', async () => {
    expect(await cli(['deliveries', 'redrive', '--given-up'])).toMatchObject({
      code: 0,
      out: 'No delivery is given up.\n',
      err: expect.stringContaining('there is no database at watcher.db'),
    });
    expect((await cli(['deliveries', 'redrive', 'x'])).code).toBe(1);
    const none = await cli(['deliveries', 'redrive', 'x', '--json']);
    expect(none.json()).toMatchObject({ error: { code: 'store_unavailable' } });
    const all = await cli(['deliveries', 'redrive', '--given-up', '--json']);
    expect(all.json()).toEqual({ redriven: [], refused: [] });
  });
});

describe('audit export', () => {
  async function aLog(entries: number) {
    const store = readingStore();
    await store.recordAudit(
      Array.from({ length: entries }, (_, index) => ({
        at: T0 + index * 60_000,
        kind: 'test.sent' as const,
        data: { index, said: 'a "b", c' },
      })),
    );
    return store;
  }

  it('writes each entry as the line that stands in the mirror file', async () => {
    const store = await aLog(3);
    const { code, out } = await cli(['audit', 'export'], { store });
    expect(code).toBe(0);
    const entries = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(entries).toEqual(store.content.audit);
    expect(store.isClosed).toBe(true);
  });

  it('writes a log of any length, in order', async () => {
    const { out } = await cli(['audit', 'export'], { store: await aLog(1_250) });
    const numbers = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).seq);
    expect(numbers).toEqual(Array.from({ length: 1_250 }, (_, index) => index + 1));
  });

  it('writes CSV with quoted fields', async () => {
    const store = await aLog(1);
    const [entry] = store.content.audit;
    const { out } = await cli(['audit', 'export', '--format', 'csv'], { store });
    const [header = '', line = ''] = out.split('\r\n');
    expect(header).toMatch(/^seq,at,kind,watch,job_id,.*,other,prev,hash$/);
    expect(line).toMatch(/^1,2026-11-02T08:00:05\.000Z,test\.sent,/);
    expect(line).toContain(`,"index=0; said=a ""b"", c",${entry?.prev},${entry?.hash}`);
  });

  it('keeps to the time that was asked for', async () => {
    const store = await aLog(5);
    const { out } = await cli(
      ['audit', 'export', '--since', '2026-11-02T08:01:05Z', '--until', '2026-11-02T08:03:05Z'],
      { store },
    );
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).data.index),
    ).toEqual([1, 2]);
  });

  it('writes an empty log without a database, and says why on the side', async () => {
    const { code, out, err } = await cli(['audit', 'export', '--format', 'csv']);
    expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/^seq,at,kind,.*,hash\r\n$/) });
    expect(err).toContain('Nothing is recorded yet');
  });
});

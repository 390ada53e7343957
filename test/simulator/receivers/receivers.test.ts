import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, it } from 'vitest';
import { startSlackReceiver } from '../../../src/simulator/receivers/slack-receiver.ts';
import { startWebhookReceiver } from '../../../src/simulator/receivers/webhook-receiver.ts';

const open: Array<{ close(): Promise<void> }> = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((receiver) => receiver.close()));
});

async function opened<T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> {
  const receiver = await starting;
  open.push(receiver);
  return receiver;
}

function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return fetch(url, { method: 'POST', body: text, headers, redirect: 'manual' });
}

describe('the webhook receiver', () => {
  it('accepts, and keeps what it got with its raw text', async () => {
    const receiver = await opened(startWebhookReceiver());
    expect((await post(receiver.url, '{"a": 1}', { 'X-Id': 'one' })).status).toBe(204);
    expect(receiver.received).toMatchObject([
      {
        method: 'POST',
        path: '/hook',
        body: '{"a": 1}',
        json: { a: 1 },
        status: 204,
        verified: null,
        headers: { 'x-id': 'one' },
      },
    ]);
  });

  it('tells a right signature from a wrong one, and refuses the wrong one', async () => {
    const secret = `whsec_${Buffer.from('a secret of some length').toString('base64')}`;
    const receiver = await opened(startWebhookReceiver({ secret }));
    const now = new Date();
    const signed = {
      'webhook-id': 'msg',
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign('msg', now, '{"a":1}'),
    };
    const statuses = [
      (await post(receiver.url, '{"a":1}', signed)).status,
      (await post(receiver.url, '{"a":2}', signed)).status,
      (await post(receiver.url, '{"a":1}')).status,
    ];
    expect(statuses).toEqual([204, 401, 401]);
    expect(receiver.received.map(({ verified }) => verified)).toEqual([true, false, false]);
    expect(receiver.accepted()).toHaveLength(1);
  });

  it('refuses what is not JSON', async () => {
    const receiver = await opened(startWebhookReceiver());
    expect((await post(receiver.url, 'a=1')).status).toBe(400);
    expect(receiver.received[0]?.json).toBeUndefined();
  });

  it('answers one script after the other, then accepts again', async () => {
    const receiver = await opened(startWebhookReceiver());
    receiver.answer([
      500,
      { status: 429, headers: { 'retry-after': '7' }, body: 'slow down' },
      { redirectTo: '/other' },
    ]);
    const replies = [];
    for (let count = 0; count < 4; count += 1) replies.push(await post(receiver.url, {}));
    expect(replies.map(({ status }) => status)).toEqual([500, 429, 307, 204]);
    expect(replies[1]?.headers.get('retry-after')).toBe('7');
    expect(await replies[1]?.text()).toBe('slow down');
    expect(replies[2]?.headers.get('location')).toBe('/other');
    expect(receiver.accepted()).toHaveLength(1);
  });

  it('keeps to one answer until told otherwise', async () => {
    const receiver = await opened(startWebhookReceiver());
    receiver.answer(404);
    expect([(await post(receiver.url, {})).status, (await post(receiver.url, {})).status]).toEqual([
      404, 404,
    ]);
    receiver.answer(null);
    expect((await post(receiver.url, {})).status).toBe(204);
  });

  it('answers as a function says', async () => {
    const receiver = await opened(startWebhookReceiver());
    receiver.answer(({ body }) => (body.includes('bad') ? 422 : null));
    expect([(await post(receiver.url, { bad: 1 })).status, (await post(receiver.url, {})).status]).toEqual([
      422, 204,
    ]);
  });

  it('can cut the connection', async () => {
    const receiver = await opened(startWebhookReceiver());
    receiver.answer('reset');
    await expect(post(receiver.url, {})).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
    expect(receiver.received).toMatchObject([{ status: null }]);
  });

  it('can stay silent, until it closes', async () => {
    const receiver = await opened(startWebhookReceiver());
    receiver.answer('hang');
    const sending = post(receiver.url, {});
    expect(await receiver.waitFor(() => true)).toMatchObject({ status: null });
    await Promise.all([expect(sending).rejects.toThrow('fetch failed'), receiver.close()]);
  });
});

describe('waiting for what arrives', () => {
  it('ends with the first item that fits, whether it is there or yet to come', async () => {
    const receiver = await opened(startWebhookReceiver());
    const third = receiver.waitFor((_, all) => all.length === 3);
    for (const name of ['a', 'b', 'c']) await post(receiver.url, { name });
    expect(await third).toMatchObject({ json: { name: 'c' } });
    expect(await receiver.waitFor((_, all) => all.length === 2)).toMatchObject({ json: { name: 'b' } });
  });

  it('gives up after its time and says what it waited for', async () => {
    const receiver = await opened(startWebhookReceiver());
    await expect(receiver.waitFor(() => true, 5)).rejects.toThrow('no such webhook within 5 ms; 0 arrived');
  });

  it('can go on for good', async () => {
    const receiver = await opened(startWebhookReceiver());
    const seen: unknown[] = [];
    const stop = receiver.onReceived(({ json }) => seen.push(json));
    await post(receiver.url, 1);
    await post(receiver.url, 2);
    stop();
    await post(receiver.url, 3);
    expect(seen).toEqual([1, 2]);
  });
});

describe('the Slack receiver', () => {
  const plain = (text: string) => ({ type: 'plain_text', text });
  const mrkdwn = (text: string) => ({ type: 'mrkdwn', text });
  const blocks = (...list: unknown[]) => ({ text: 'in short', blocks: list });

  it('takes a message and says ok', async () => {
    const receiver = await opened(startSlackReceiver());
    const message = blocks(
      { type: 'header', text: plain('x'.repeat(150)) },
      { type: 'section', text: mrkdwn('x'.repeat(3_000)) },
      { type: 'section', fields: Array.from({ length: 10 }, () => mrkdwn('x'.repeat(2_000))) },
      { type: 'divider' },
      {
        type: 'context',
        elements: [mrkdwn('small'), { type: 'image', image_url: 'https://example.com', alt_text: '' }],
      },
      { type: 'actions', elements: [{ type: 'button', text: plain('Open'), url: 'https://example.com' }] },
    );
    const reply = await post(receiver.url, message);
    expect(reply.status).toBe(200);
    expect(await reply.text()).toBe('ok');
    expect(receiver.received).toMatchObject([{ fault: null, json: { text: 'in short' } }]);
  });

  it('takes a text alone', async () => {
    const receiver = await opened(startSlackReceiver());
    expect((await post(receiver.url, { text: 'hello' })).status).toBe(200);
  });

  it.each([
    ['no JSON', 'hello', 'invalid_payload'],
    ['a list', [], 'invalid_payload'],
    ['a text that is no string', { text: 1 }, 'invalid_payload'],
    ['a text without end', { text: 'x'.repeat(40_001) }, 'invalid_payload'],
    ['nothing to show', {}, 'no_text'],
    ['blocks that are no list', { text: 'a', blocks: {} }, 'invalid_blocks'],
    ['a block that is no object', blocks('text'), 'invalid_blocks'],
    ['an unknown block', blocks({ type: 'chart' }), 'invalid_blocks'],
    ['51 blocks', blocks(...Array.from({ length: 51 }, () => ({ type: 'divider' }))), 'invalid_blocks'],
    ['a long header', blocks({ type: 'header', text: plain('x'.repeat(151)) }), 'invalid_blocks'],
    ['a header in mrkdwn', blocks({ type: 'header', text: mrkdwn('x') }), 'invalid_blocks'],
    ['a long section', blocks({ type: 'section', text: mrkdwn('x'.repeat(3_001)) }), 'invalid_blocks'],
    ['an empty text', blocks({ type: 'section', text: mrkdwn('') }), 'invalid_blocks'],
    ['a text that is a bare string', blocks({ type: 'section', text: 'x' }), 'invalid_blocks'],
    ['an empty section', blocks({ type: 'section' }), 'invalid_blocks'],
    ['a section of no fields', blocks({ type: 'section', fields: [] }), 'invalid_blocks'],
    [
      '11 fields',
      blocks({ type: 'section', fields: Array.from({ length: 11 }, () => mrkdwn('x')) }),
      'invalid_blocks',
    ],
    ['a long field', blocks({ type: 'section', fields: [mrkdwn('x'.repeat(2_001))] }), 'invalid_blocks'],
    [
      '11 context elements',
      blocks({ type: 'context', elements: Array.from({ length: 11 }, () => mrkdwn('x')) }),
      'invalid_blocks',
    ],
    [
      'a long button',
      blocks({ type: 'actions', elements: [{ type: 'button', text: plain('x'.repeat(76)) }] }),
      'invalid_blocks',
    ],
    [
      'a long link',
      blocks({ type: 'actions', elements: [{ type: 'button', text: plain('x'), url: 'x'.repeat(3_001) }] }),
      'invalid_blocks',
    ],
  ])('refuses %s', async (_, message, code) => {
    const receiver = await opened(startSlackReceiver());
    const reply = await post(receiver.url, message);
    expect(reply.status).toBe(400);
    expect(await reply.text()).toBe(code);
    expect(receiver.received[0]?.fault?.problem).toBeTruthy();
  });

  it('fails on demand', async () => {
    const receiver = await opened(startSlackReceiver());
    receiver.answer([500]);
    expect([
      (await post(receiver.url, { text: 'a' })).status,
      (await post(receiver.url, { text: 'a' })).status,
    ]).toEqual([500, 200]);
  });
});

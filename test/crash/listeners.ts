import type { Timestamp } from '../../src/domain/instant.ts';
import type { Answer } from '../../src/simulator/receivers/http-receiver.ts';
import { startSlackReceiver } from '../../src/simulator/receivers/slack-receiver.ts';
import type { SmtpAnswer } from '../../src/simulator/receivers/smtp-scripts.ts';
import { startSmtpSink } from '../../src/simulator/receivers/smtp-sink.ts';
import { startWebhookReceiver } from '../../src/simulator/receivers/webhook-receiver.ts';

export const CHANNELS = ['webhook', 'slack', 'email'] as const;
export type Channel = (typeof CHANNELS)[number];

/** Something that a receiver has accepted: one message, which in Slack's case may tell of several events. */
export interface Receipt {
  at: Timestamp;
  eventIds: readonly string[];
  /** The replica that says so of itself, by `?by=` in the address or by its login to the mail server; `null`: nobody did. */
  sentBy?: string | null;
}

/** What a message may meet that has been read in full. `hang` is never answered, `reset` cuts the connection, `refuse` is for good. */
export type Trouble = 'fault' | 'slow_down' | 'hang' | 'reset' | 'refuse';

/** Says what the message meets that tells of these events; `null`: it is accepted. */
export type Script = (eventIds: readonly string[]) => Trouble | null;

/** One of the simulator's receivers, from the time it listens until it is closed. */
export interface Listener {
  /** An entry for `channels` of the configuration, named for its type. */
  readonly config: Readonly<Record<string, unknown>>;
  receipts(): Receipt[];
  /** Resolves once `fits` holds, which is asked at every message that comes in from now on. */
  waitFor(fits: () => boolean, timeoutMs?: number): Promise<unknown>;
  close(): Promise<void>;
}

const EVENT_ID = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;
const SECRET = `whsec_${Buffer.from('a secret for crashes, long enough').toString('base64')}`;

const HTTP_ANSWERS: Record<Trouble, Answer> = {
  fault: 500,
  slow_down: { status: 429, headers: { 'retry-after': '2' } },
  hang: 'hang',
  reset: 'reset',
  refuse: 400,
};

const SMTP_ANSWERS: Record<Trouble, SmtpAnswer> = {
  fault: '451 4.3.0 Try again later',
  slow_down: '450 4.7.1 Too many messages',
  hang: 'hang',
  reset: 'drop',
  refuse: '554 5.6.0 Not this one',
};

/** Starts a receiver on `port`, or on any free one. */
export function startListener(channel: Channel, script: Script, port?: number): Promise<Listener> {
  return STARTS[channel](script, port === undefined ? {} : { port });
}

const STARTS: Record<Channel, (script: Script, options: { port?: number }) => Promise<Listener>> = {
  webhook: async (script, options) => {
    const receiver = await startWebhookReceiver({ secret: SECRET, ...options });
    receiver.answer(({ json }) => httpAnswer(script([idOf(json)])));
    return {
      config: { name: 'webhook', type: 'webhook', url: receiver.url, secret: SECRET },
      receipts: () =>
        receiver
          .accepted()
          .map(({ at, json, path }) => ({ at, eventIds: [idOf(json)], sentBy: senderIn(path) })),
      waitFor: (fits, timeoutMs) => receiver.waitFor(() => fits(), timeoutMs),
      close: receiver.close,
    };
  },
  slack: async (script, options) => {
    const receiver = await startSlackReceiver(options);
    receiver.answer(({ body }) => httpAnswer(script(eventIdsIn(body))));
    return {
      config: { name: 'slack', type: 'slack', url: receiver.url },
      receipts: () =>
        receiver
          .accepted()
          .map(({ at, body, path }) => ({ at, eventIds: eventIdsIn(body), sentBy: senderIn(path) })),
      waitFor: (fits, timeoutMs) => receiver.waitFor(() => fits(), timeoutMs),
      close: receiver.close,
    };
  },
  email: async (script, options) => {
    const sink = await startSmtpSink(options);
    sink.answer('MESSAGE', (message) => {
      const trouble = script(eventIdsIn(messageId(message)));
      return trouble && SMTP_ANSWERS[trouble];
    });
    return {
      config: {
        name: 'email',
        type: 'email',
        smtpUrl: sink.url,
        from: 'restores@example.com',
        to: ['dba@example.com'],
      },
      receipts: () =>
        sink.received.map(({ at, raw, user }) => ({
          at,
          eventIds: eventIdsIn(messageId(raw)),
          sentBy: user,
        })),
      waitFor: (fits, timeoutMs) => sink.waitFor(() => fits(), timeoutMs),
      close: sink.close,
    };
  },
};

function httpAnswer(trouble: Trouble | null): Answer | null {
  return trouble && HTTP_ANSWERS[trouble];
}

function senderIn(path: string): string | null {
  return new URLSearchParams(path.split('?')[1]).get('by');
}

function idOf(json: unknown): string {
  return (json as { id: string }).id;
}

function messageId(mail: string): string {
  return /^message-id:.*$/im.exec(mail)?.[0] ?? '';
}

/** In the order in which they stand there; a message may show one more than once. */
function eventIdsIn(text: string): string[] {
  return [...new Set(text.match(EVENT_ID))];
}

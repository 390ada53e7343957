import type { Timestamp } from '../../src/domain/instant.ts';
import { startSlackReceiver, startSmtpSink, startWebhookReceiver } from '../../src/simulator/receivers.ts';

export const CHANNELS = ['webhook', 'slack', 'email'] as const;
export type Channel = (typeof CHANNELS)[number];

/** Something that a receiver has accepted: one message, which in Slack's case may tell of several events. */
export interface Receipt {
  at: Timestamp;
  eventIds: readonly string[];
}

/** What a message meets that has been read in full and not been answered. */
export type Fate = 'accept' | 'hang';

export interface CrashReceiver {
  /** An entry for `channels` of the configuration, named for its type. */
  readonly config: Readonly<Record<string, unknown>>;
  receipts(): Receipt[];
  /** Resolves once `fits` holds, which is asked at every message that comes in. */
  until(fits: () => boolean, timeoutMs?: number): Promise<void>;
  /** Calls `act` when the next message has been read in full and not been answered; the message then meets its fate. */
  atNextMessage(fate: Fate, act: () => void): void;
  close(): Promise<void>;
}

const EVENT_ID = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;
const SECRET = `whsec_${Buffer.from('a secret for crashes, long enough').toString('base64')}`;

/** Starts a receiver of the simulator, on `port` or any free one. */
export function startReceiver(channel: Channel, port?: number): Promise<CrashReceiver> {
  return STARTS[channel](port === undefined ? {} : { port });
}

const STARTS: Record<Channel, (options: { port?: number }) => Promise<CrashReceiver>> = {
  webhook: async (options) => {
    const receiver = await startWebhookReceiver({ secret: SECRET, ...options });
    return {
      ...overHttp(receiver),
      config: { name: 'webhook', type: 'webhook', url: receiver.url, secret: SECRET },
      receipts: () =>
        receiver.accepted().map(({ at, json }) => ({ at, eventIds: [(json as { id: string }).id] })),
    };
  },
  slack: async (options) => {
    const receiver = await startSlackReceiver(options);
    return {
      ...overHttp(receiver),
      config: { name: 'slack', type: 'slack', url: receiver.url },
      receipts: () => receiver.accepted().map(({ at, body }) => ({ at, eventIds: eventIdsIn(body) })),
    };
  },
  email: async (options) => {
    const sink = await startSmtpSink(options);
    return {
      config: {
        name: 'email',
        type: 'email',
        smtpUrl: sink.url,
        from: 'restores@example.com',
        to: ['dba@example.com'],
      },
      receipts: () =>
        sink.received.map(({ at, raw }) => ({
          at,
          eventIds: eventIdsIn(/^message-id:.*$/im.exec(raw)?.[0] ?? ''),
        })),
      until: async (fits, timeoutMs) => {
        if (!fits()) await sink.waitFor(() => fits(), timeoutMs);
      },
      atNextMessage: (fate, act) => {
        sink.answer('MESSAGE', onFirst(fate, act));
      },
      close: sink.close,
    };
  },
};

type HttpReceiver = Awaited<ReturnType<typeof startWebhookReceiver | typeof startSlackReceiver>>;

function overHttp(receiver: HttpReceiver): Pick<CrashReceiver, 'until' | 'atNextMessage' | 'close'> {
  return {
    until: async (fits, timeoutMs) => {
      if (!fits()) await receiver.waitFor(() => fits(), timeoutMs);
    },
    atNextMessage: (fate, act) => receiver.answer(onFirst(fate, act)),
    close: receiver.close,
  };
}

/** A script that answers the first time, and leaves every further message to the receiver. */
function onFirst(fate: Fate, act: () => void): () => 'hang' | null {
  let isFirst = true;
  return () => {
    if (!isFirst) return null;
    isFirst = false;
    act();
    return fate === 'hang' ? 'hang' : null;
  };
}

/** In the order in which they stand there; a message may show one more than once. */
function eventIdsIn(text: string): string[] {
  return [...new Set(text.match(EVENT_ID))];
}

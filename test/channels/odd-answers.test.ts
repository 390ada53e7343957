import { beforeAll, describe, expect, it } from 'vitest';
import { createTeamsNotifier } from '../../src/channels/msteams/msteams.ts';
import type { Notifier } from '../../src/channels/notifier.ts';
import { createPagerDutyNotifier } from '../../src/channels/pagerduty/pagerduty.ts';
import { createReceiverLimiter } from '../../src/channels/receiver-limiter.ts';
import { createSlackNotifier } from '../../src/channels/slack/slack.ts';
import { createWebhookNotifier } from '../../src/channels/webhook/webhook.ts';
import { DeliveryError } from '../../src/errors.ts';
import { createHeartbeatCaller } from '../../src/health/heartbeat-call.ts';
import { WAYS, type Way } from '../net/every-transport.ts';
import { ODD_ANSWERS, type OddAnswer } from '../net/odd-answers.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';
import { NOW } from './http-notifier-contract.ts';
import { aNotice, never } from './notifier-contract.ts';

/** The plainest way and the longest; `test/net` has those between. */
const FURTHEST = WAYS.filter(([name]) => name === 'http' || name.endsWith('proxy'));

/** What came of one answer: accepted, or why not. */
type Outcome = 'accepted' | `${string}, ${'to be tried again' | 'for good'}`;

type Sender = (way: Way) => { send: () => Promise<Outcome>; close: () => void };

const SENDERS: ReadonlyArray<[name: string, sender: Sender]> = [
  ['a webhook', (way) => overNotifier(createWebhookNotifier({ ...basics(way), secret: null, headers: {} }))],
  [
    'PagerDuty',
    (way) => overNotifier(createPagerDutyNotifier({ ...basics(way), routingKey: 'x'.repeat(32) })),
  ],
  ['Teams', (way) => overNotifier(createTeamsNotifier(basics(way)))],
  ['Slack', (way) => overNotifier(createSlackNotifier(basics(way)))],
  [
    'the heartbeat',
    (way) => {
      const caller = createHeartbeatCaller(way);
      const send = async (): Promise<Outcome> => {
        const { kind, detail } = await caller.call(`${way.origin}/x`, never);
        return kind === 'taken' ? 'accepted' : `${detail.replace(/ \(.*/, '')}, to be tried again`;
      };
      return { send, close: caller.close };
    },
  ],
];

function basics({ origin, caFile }: Way) {
  const clock = createManualClock(NOW);
  const limiter = createReceiverLimiter(clock);
  const logger = createRecordingLogger();
  const url = `${origin}/x`;
  return { channel: 'oncall', url, caFile, clock, limiter, logger, template: null, timeZone: null };
}

function overNotifier(notifier: Notifier): ReturnType<Sender> {
  const send = async (): Promise<Outcome> => {
    try {
      await notifier.send([aNotice()], never);
      return 'accepted';
    } catch (thrown) {
      if (!(thrown instanceof DeliveryError)) throw thrown;
      return `${thrown.reason}, ${thrown.retryable ? 'to be tried again' : 'for good'}`;
    }
  };
  return { send, close: () => void notifier.close() };
}

async function outcomes(sender: Sender, open: () => Promise<Way>): Promise<Map<OddAnswer, Outcome>> {
  const way = await open();
  const found = new Map<OddAnswer, Outcome>();
  const { send, close } = sender(way);
  for (const odd of ODD_ANSWERS) {
    way.server.play = odd.play;
    found.set(odd, await send());
  }
  close();
  await way.close();
  return found;
}

const nameOf = (found: Map<OddAnswer, Outcome>): Array<[string, Outcome]> =>
  [...found].map(([{ name }, outcome]) => [name, outcome]);

describe.each(SENDERS)('an odd answer to %s', (_name, sender) => {
  const found = new Map<string, Map<OddAnswer, Outcome>>();
  beforeAll(async () => {
    // One after the other: a proxy is set for the whole process.
    for (const [name, open] of FURTHEST) found.set(name, await outcomes(sender, open));
  });

  it('means the same over every transport', () => {
    const [first, ...others] = [...found.values()].map(nameOf);
    expect(others).toHaveLength(1);
    expect(first).toHaveLength(ODD_ANSWERS.length);
    for (const other of others) expect(other).toEqual(first);
  });

  it('is a fault that passes where there is no answer, or one beyond 500', () => {
    for (const [odd, outcome] of found.get('http') ?? []) {
      const { verdict, isCutInBody = false } = odd;
      const isWithout = verdict === 'no answer' && !isCutInBody;
      const isBeyond = typeof verdict === 'object' && verdict.status >= 500;
      if (isWithout || isBeyond)
        expect([odd.name, outcome]).toEqual([odd.name, expect.stringMatching(/again$/)]);
    }
  });
});

it('a webhook has accepted by its status, whatever becomes of the body', async () => {
  const [, sender] = SENDERS[0]!;
  const [, open] = WAYS[0]!;
  const found = await outcomes(sender, open);
  const cut = [...found].filter(([{ isCutInBody, verdict }]) => isCutInBody || verdict === 'unreadable');
  expect(cut.length).toBeGreaterThan(5);
  for (const [{ name }, outcome] of cut) expect([name, outcome]).toEqual([name, 'accepted']);
});

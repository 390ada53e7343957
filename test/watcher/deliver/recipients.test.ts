import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEmailNotifier } from '../../../src/channels/email/email.ts';
import type { Notifier } from '../../../src/channels/notifier.ts';
import { createFaultLog } from '../../../src/logging/fault-log.ts';
import { createSignals, type WatcherSignals } from '../../../src/signals.ts';
import { type SmtpSink, startSmtpSink } from '../../../src/simulator/receivers/smtp-sink.ts';
import type { Store } from '../../../src/store/store.ts';
import { ChannelCondition, UNKNOWN_PAST } from '../../../src/watcher/deliver/channel-condition.ts';
import { dispatchOnce } from '../../../src/watcher/deliver/dispatch.ts';
import { aCommit, plan } from '../../store/support.ts';
import { HOUR, MINUTE, T0 } from '../../support/builders.ts';
import { aConfidence } from '../../support/confidence.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { aRecorder } from '../../support/recorder.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { openNewStore } from '../../support/test-store.ts';

const A = 'a@example.com';
const B = 'b@example.com';
const C = 'c@example.com';
const SLOT = T0 + HOUR;

let store: Store;
let clock: ManualClock;
let sink: SmtpSink;
let notifier: Notifier;
/** What the server says to each, where it does not accept. */
let refusals: Record<string, `${number} ${string}`>;
let signals: ReturnType<typeof createSignals>;
let attempts: Array<WatcherSignals['delivery:recorded']>;
const logger = createRecordingLogger();

beforeEach(async () => {
  store = await openNewStore();
  clock = createManualClock(T0 + MINUTE);
  sink = await startSmtpSink();
  refusals = {};
  sink.answer('RCPT', (address) => refusals[address] ?? null);
  notifier = mailTo([`DBA: on call <${A}>`, B, C]);
  signals = createSignals(logger);
  attempts = [];
  signals.on('delivery:recorded', (attempt) => attempts.push(attempt));
});
afterEach(async () => {
  await sink.close();
  await store.close();
});

function mailTo(to: readonly string[]): Notifier {
  return createEmailNotifier({
    channel: 'dba',
    smtpUrl: `smtp://127.0.0.1:${sink.port}`,
    from: 'restores@example.com',
    to,
    timeZone: null,
    template: null,
    logger,
    requireTls: false,
    caFile: null,
  });
}

/** One pass after the other until nothing is due. */
async function drain(): Promise<void> {
  const deps = {
    store,
    recorder: aRecorder({ store, clock, signals, logger }),
    notifier,
    clock,
    logger,
    faultLog: createFaultLog(logger, clock),
    owner: 'me',
    confidence: aConfidence(clock),
    random: () => 0,
  };
  while ((await dispatchOnce(deps, new AbortController().signal)).mayHaveMore);
}

async function owe(...numbers: number[]): Promise<void> {
  await store.commitPoll(aCommit({ events: numbers.map((number) => plan(number, { channels: ['dba'] })) }));
}

/** Recipients of each mail that the server took, with the number of its event. */
function mails(...numbers: number[]): Array<[event: number, to: string[]]> {
  return sink.received.map(({ raw, to }) => [
    numbers.find((number) => raw.includes(`Message-ID: <${plan(number).event.id}@`)) ?? 0,
    to,
  ]);
}

/** What became of each, in order: recipient (or the channel), status, attempts. */
async function fates(): Promise<Array<[whom: string, status: string, attempts: number]>> {
  const { items } = await store.listDeliveries({ limit: 99 });
  return items
    .toReversed()
    .map(({ recipient, channel, status, attemptsStarted }) => [
      recipient ?? channel,
      status,
      attemptsStarted,
    ]);
}

describe('a mail that the server does not take for everyone', () => {
  it('is tried again for those refused for now alone, and given up for those refused for good', async () => {
    refusals = { [B]: '451 4.7.1 greylisted', [C]: '550 5.1.1 no such user' };
    await owe(1);
    await drain();
    expect(await fates()).toEqual([
      ['dba', 'delivered', 1],
      [B, 'pending', 1],
      [C, 'given_up', 1],
    ]);

    delete refusals[B];
    clock.advance(5_000);
    await drain();

    expect(mails(1)).toEqual([
      [1, [A]],
      [1, [B]],
    ]);
    expect(await fates()).toEqual([
      ['dba', 'delivered', 1],
      [B, 'delivered', 2],
      [C, 'given_up', 1],
    ]);
    clock.advance(48 * HOUR);
    await drain();
    expect(sink.received).toHaveLength(2);
  });

  it('stands in the audit log for each of them', async () => {
    refusals = { [B]: '451 4.7.1 greylisted', [C]: '550 5.1.1 no such user' };
    await owe(1);
    await drain();
    const about = (await store.readAudit(0, 99))
      .filter(({ kind }) => kind.startsWith('delivery.'))
      .map(({ kind, data }) => [kind, data.recipient ?? null, data.outcome ?? null]);
    expect(about).toEqual([
      ['delivery.attempted', null, 'delivered'],
      ['delivery.attempted', B, 'retry'],
      ['delivery.attempted', C, 'given_up'],
      ['delivery.given_up', C, null],
    ]);
  });

  it('holds up no later mail to the others, and overtakes nothing for the one who waits', async () => {
    refusals = { [B]: '452 4.2.2 mailbox full' };
    await owe(1, 2);
    await drain();
    expect(mails(1, 2)).toEqual([
      [1, [A, C]],
      [2, [A, C]],
    ]);

    delete refusals[B];
    clock.advance(5_000);
    await drain();
    expect(mails(1, 2).slice(2)).toEqual([
      [1, [B]],
      [2, [B]],
    ]);
  });

  it('goes on for those refused for now when nobody was accepted, and no more for those refused for good', async () => {
    refusals = { [A]: '451 later', [B]: '550 no', [C]: '451 later' };
    await owe(1);
    await drain();
    expect(await fates()).toEqual([
      ['dba', 'pending', 1],
      [B, 'given_up', 1],
    ]);
    refusals = { [C]: '552 5.2.2 mailbox full' };
    clock.advance(5_000);
    await drain();
    expect(mails(1)).toEqual([[1, [A]]]);
    expect(await fates()).toEqual([
      ['dba', 'delivered', 2],
      [B, 'given_up', 1],
      [C, 'pending', 1],
    ]);
  });

  it('is sent again to those alone that have not had it when it is redriven', async () => {
    refusals = { [C]: '550 no' };
    await owe(1);
    await drain();
    refusals = {};
    await store.redrive('given_up', clock.now());
    await drain();
    expect(mails(1)).toEqual([
      [1, [A, B]],
      [1, [C]],
    ]);
  });

  it('is sent to nobody who is a recipient no more, and waits for nobody', async () => {
    refusals = { [B]: '451 later', [C]: '451 later' };
    await owe(1);
    await drain();
    refusals = {};
    notifier = mailTo([C]);
    await owe(2);
    await drain();
    clock.advance(5_000);
    await drain();
    expect(mails(1, 2)).toEqual([
      [1, [A]],
      [1, [C]],
      [2, [C]],
    ]);
    expect((await fates()).every(([, status]) => status === 'delivered')).toBe(true);
  });

  it('is a digest for some and comes as the same digest for the others', async () => {
    const held = (number: number) => ({
      ...plan(number, { job: number, channels: ['dba'] }),
      heldUntil: new Map([['dba', SLOT]]),
    });
    refusals = { [B]: '451 later' };
    await store.commitPoll(aCommit({ events: [held(1), held(2)] }));
    clock.set(SLOT);
    await drain();
    refusals = {};
    clock.advance(5_000);
    await drain();
    const ids = sink.received.map(({ raw }) => /^Message-ID: (<digest\..*>)/im.exec(raw)?.[1]);
    expect(sink.received.map(({ to }) => to)).toEqual([[A, C], [B]]);
    expect(ids[0]).toBeDefined();
    expect(ids[1]).toBe(ids[0]);
  });

  it('makes the channel fail by whom it gives up, and not by whom it tries again', async () => {
    refusals = { [B]: '451 greylisted' };
    await owe(1);
    await drain();
    const condition = new ChannelCondition(clock, 'dba', UNKNOWN_PAST);
    for (const attempt of attempts) condition.noteAttempt(attempt);
    clock.advance(11 * MINUTE);
    expect(condition.news()).toBeNull();

    refusals = { [B]: '550 5.1.1 no such user' };
    await drain();
    for (const attempt of attempts) condition.noteAttempt(attempt);
    expect(condition.news()).toMatchObject({ kind: 'failing', note: expect.stringContaining('5.1.1') });
  });
});

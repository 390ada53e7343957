import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDemoBoard, type DemoBoard } from '../../../src/simulator/demo/board.ts';
import { type DemoStage, startDemoStage } from '../../../src/simulator/demo/stage.ts';
import { PROGRESS, WARNING } from '../../../src/simulator/demo/style.ts';
import { jobId } from '../../support/builders.ts';
import { eventAbout, tellers } from './demo-messages.ts';

const ID = jobId(7);
const failed = eventAbout(ID, 'failed');
const never = new AbortController().signal;

let stage: DemoStage;
let board: DemoBoard;
let lines: string[];
let tell: ReturnType<typeof tellers>;

beforeEach(async () => {
  stage = await startDemoStage();
  lines = [];
  board = createDemoBoard({
    stage,
    print: (line) => lines.push(line),
    paint: (_, text) => text,
    startedAt: Date.now(),
  });
  tell = tellers(stage);
});
afterEach(async () => {
  board.close();
  await stage.close();
});

function expectFailure(): void {
  board.expect([{ jobId: ID, event: 'failed', what: 'orders → orders-copy', note: '' }]);
}

/** What was printed, without the times. */
function printed(): string[] {
  return lines.map((line) => line.replace(/^ *\d+\.\d s {2}/, ''));
}

describe('what arrives is shown', () => {
  it('for each channel, with the same mark and in its own words', async () => {
    await tell.slack(failed);
    await tell.webhook(failed);
    await tell.mail(failed);
    const id = `${failed.id.slice(0, 13)}…${failed.id.slice(-6)}`;
    const [slack, webhook, mail, ...quote] = printed();
    expect([slack, webhook, mail]).toEqual([
      'Slack    ✖ Restore 6ae8…0007 of orders to orders-copy failed after 14 min',
      `Webhook  ✖ restore-watcher.job.failed     id ${id}  signature ✔`,
      'Mail     ✖ [critical] Restore 6ae8…0007 of orders to orders-copy failed after 14 min',
    ]);
    expect(quote[0]).toContain('│ The data is not restored.');
    expect(quote.join('\n')).toMatch(/│ State: +in progress → (in progress|failed)/);
  });

  it('event by event where one message tells several', async () => {
    await tell.slack(eventAbout(ID, 'started'), failed);
    expect(printed()).toEqual([
      'Slack    · 2 events about restores, in one message',
      '                    ▸ Restore 6ae8…0007 of orders to orders-copy started',
      '                    ✖ Restore 6ae8…0007 of orders to orders-copy failed after 14 min',
    ]);
  });

  it('with what it was answered when it was refused', async () => {
    stage.slack.answer([500]);
    stage.webhook.answer(['reset']);
    await tell.slack(failed);
    await tell.webhook(failed).catch(() => 'cut');
    expect(printed()[0]).toMatch(/^Slack {4}✖ .*← answered 500$/);
    expect(printed()[1]).toMatch(/^Webhook {2}✖ .*← no answer$/);
  });

  it('below headlines, and never beyond 100 columns', async () => {
    board.scene('Answers 500 to everything', WARNING);
    await tell.mail({ ...failed, summary: 'a very long summary '.repeat(20) });
    expect(printed().slice(0, 2)).toEqual(['', 'Atlas    ! Answers 500 to everything']);
    for (const line of lines) expect([...line].length).toBeLessThanOrEqual(100);
  });

  it('with what somebody says who is asked', () => {
    board.note('Status', 'two thirds', PROGRESS);
    expect(printed()).toEqual(['Status   ◦ two thirds']);
  });

  it('until the board is closed', async () => {
    board.close();
    await tell.slack(failed);
    expect(lines).toEqual([]);
  });
});

describe('the account', () => {
  it('is complete once every channel has heard of every change', async () => {
    expectFailure();
    const complete = board.whenComplete(10_000, never);
    await tell.slack(failed);
    await tell.mail(failed);
    expect(board.tally()).toMatchObject({ lost: 1, changes: [{ heard: { webhook: null } }] });
    await tell.webhook(failed);
    expect(await complete).toBe(true);
    expect(board.tally()).toMatchObject({
      lost: 0,
      duplicates: 0,
      strays: 0,
      messages: 3,
      webhooks: 1,
      verified: 1,
    });
    expect(await board.whenComplete(10_000, never)).toBe(true);
  });

  it('stays incomplete when its time is over or the signal ends it', async () => {
    expectFailure();
    expect(await board.whenComplete(5, never)).toBe(false);
    expect(await board.whenComplete(10_000, AbortSignal.abort())).toBe(false);
    const controller = new AbortController();
    const complete = board.whenComplete(10_000, controller.signal);
    controller.abort();
    expect(await complete).toBe(false);
  });

  it('counts the attempts until a message was accepted', async () => {
    expectFailure();
    stage.slack.answer([500, 503]);
    for (let attempt = 1; attempt <= 3; attempt += 1) await tell.slack(failed);
    await tell.webhook(failed);
    expect(board.tally()).toMatchObject({
      duplicates: 0,
      changes: [{ heard: { slack: { attempts: 3 }, webhook: { attempts: 1 } } }],
    });
  });

  it('finds events that were told twice on a channel, also within a list', async () => {
    expectFailure();
    await tell.webhook(failed);
    await tell.webhook(failed);
    await tell.slack(failed);
    await tell.slack(failed, eventAbout(ID, 'started'));
    expect(board.tally().duplicates).toBe(2);
  });

  it('finds events that nothing stands for', async () => {
    expectFailure();
    await tell.webhook(eventAbout(ID, 'expired'));
    await tell.webhook(eventAbout(jobId(8), 'failed'));
    expect(board.tally()).toMatchObject({ strays: 2, lost: 3 });
  });

  it('does not take a webhook with a wrong signature for told', async () => {
    expectFailure();
    await tell.webhook(failed);
    stage.credentials.webhookSecret = `whsec_${Buffer.from('another secret').toString('base64')}`;
    await tellers(stage).webhook(failed);
    expect(lines.at(-1)).toContain('← answered 401');
    expect(board.tally()).toMatchObject({ webhooks: 1, verified: 1, duplicates: 0 });
  });
});

it('keeps all that was sent, decoded, so that a secret would show', async () => {
  await tell.mail({ ...failed, summary: 'größer als CANARY ✖' });
  await tell.webhook({ ...failed, summary: 'in a webhook' });
  const contents = board.contents();
  expect(contents[0]).toContain('größer als CANARY ✖');
  expect(contents[1]).toContain('in a webhook');
  expect(contents[1]).toContain('webhook-id: ');
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createReceiverLimiter } from '../../../src/channels/receiver-limiter.ts';
import { createSlackNotifier, type SlackOptions } from '../../../src/channels/slack/slack.ts';
import { type HttpSink, startHttpSink } from '../../support/http-sink.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { describeHttpNotifier, describePace, describeSilence, NOW } from '../http-notifier-contract.ts';
import { aNotice, failureOf, never } from '../notifier-contract.ts';

const PATH = '/services/T0000TEAM/B0000HOOK/a-secret-of-slack';
const SECRETS = [PATH, 'a-secret-of-slack', 'T0000TEAM', 'B0000HOOK'];

const ANSWERS = {
  accepts: { status: 200, body: 'ok' },
  busy: { status: 500, body: 'rollup_error' },
  gone: { status: 404, body: 'no_service' },
  dislikes: { status: 400, body: 'invalid_payload' },
} as const;

function notifierFor(sink: HttpSink, over: Partial<SlackOptions> = {}) {
  const clock = createManualClock(NOW);
  return createSlackNotifier({
    channel: 'oncall',
    url: `${sink.origin}${PATH}`,
    timeZone: null,
    template: null,
    logger: createRecordingLogger(),
    clock,
    limiter: createReceiverLimiter(clock),
    ...over,
  });
}

const KIND = { type: 'slack', secrets: SECRETS, answers: ANSWERS, notifierFor };

describeHttpNotifier(KIND);
describePace(KIND);
describeSilence(KIND);

describe("Slack's own words", () => {
  let sink: HttpSink;
  beforeEach(async () => {
    sink = await startHttpSink();
  });
  afterEach(() => sink.close());
  const failWith = (status: number, body: string) => {
    sink.answer = { status, body };
    return failureOf(notifierFor(sink).send([aNotice()], never));
  };

  it.each([
    [404, 'no_service'],
    [404, 'channel_not_found'],
    [403, 'action_prohibited'],
    [403, 'invalid_token'],
    [410, 'channel_is_archived'],
    [400, 'user_not_found'],
    [400, 'no_active_hooks'],
  ])('%i %s: the destination is gone, for good', async (status, body) => {
    const error = await failWith(status, body);

    expect(error).toMatchObject({ reason: 'refused', retryable: false, status });
    expect(error.message).toContain(body);
    expect(error.hint).toMatch(/Slack|webhook/);
  });

  it.each([
    [400, 'invalid_payload'],
    [400, 'invalid_blocks'],
    [400, 'no_text'],
    [400, 'too_many_attachments'],
  ])('%i %s: the content is not liked, and will not be', async (status, body) => {
    expect(await failWith(status, body)).toMatchObject({ reason: 'rejected', retryable: false });
  });

  it.each([
    ['a login page', '<html>Please sign in</html>'],
    ['a refusal in JSON', '{"ok":false}'],
  ])('a 200 with %s is not an ok', async (_what, body) => {
    const error = await failWith(200, body);

    expect(error).toMatchObject({ reason: 'unavailable', retryable: true, status: 200 });
    expect(error.message).toContain('not the ok of Slack');
  });
});

describe('what is posted to Slack', () => {
  let sink: HttpSink;
  beforeEach(async () => {
    sink = await startHttpSink();
  });
  afterEach(() => sink.close());

  it('is one message for several events, to the configured address, without previews', async () => {
    const notices = [aNotice(), aNotice({ id: 'second' }), aNotice({ id: 'third' })];

    await notifierFor(sink).send(notices, never);

    expect(sink.requests).toHaveLength(1);
    const [{ method, path, headers, body }] = sink.requests as [(typeof sink.requests)[0]];
    expect({ method, path }).toEqual({ method: 'POST', path: PATH });
    expect(headers['content-type']).toBe('application/json');
    const message = JSON.parse(body);
    expect(message).toMatchObject({ unfurl_links: false, unfurl_media: false, link_names: false });
    expect(Object.keys(message).sort()).toEqual([
      'blocks',
      'link_names',
      'text',
      'unfurl_links',
      'unfurl_media',
    ]);
    for (const { event } of notices) expect(body).toContain(event.id);
  });

  it('does not read an endless answer to its end', async () => {
    sink.answer = { status: 400, body: 'x'.repeat(5_000_000) };

    const error = await failureOf(notifierFor(sink).send([aNotice()], never));

    expect(error.reason).toBe('rejected');
    expect(error.message.length).toBeLessThan(300);
  });
});

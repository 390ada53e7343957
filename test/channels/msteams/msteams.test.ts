import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTeamsNotifier, type TeamsOptions } from '../../../src/channels/msteams/msteams.ts';
import { createReceiverLimiter } from '../../../src/channels/receiver-limiter.ts';
import { type HttpSink, startHttpSink } from '../../support/http-sink.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { describeHttpNotifier, describePace, describeSilence, NOW } from '../http-notifier-contract.ts';
import { aNotice, never } from '../notifier-contract.ts';

const SIG = 'a-secret-signature_of-the-workflow';
const PATH = `/workflows/a-secret-workflow/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=${SIG}`;
const SECRETS = [SIG, 'a-secret-workflow'];

const ANSWERS = {
  accepts: { status: 202 },
  busy: { status: 502 },
  gone: { status: 404 },
  dislikes: { status: 400, body: '{"error":{"code":"TriggerInputSchemaMismatch"}}' },
} as const;

function notifierFor(sink: HttpSink, over: Partial<TeamsOptions> = {}) {
  const clock = createManualClock(NOW);
  return createTeamsNotifier({
    channel: 'team',
    url: `${sink.origin}${PATH}`,
    timeZone: null,
    template: null,
    logger: createRecordingLogger(),
    clock,
    limiter: createReceiverLimiter(clock),
    ...over,
  });
}

const KIND = { type: 'msteams', secrets: SECRETS, answers: ANSWERS, notifierFor };

describeHttpNotifier(KIND);
describePace(KIND);
describeSilence(KIND);

describe('what a Teams workflow receives', () => {
  let sink: HttpSink;
  beforeEach(async () => {
    sink = await startHttpSink();
  });
  afterEach(() => sink.close());

  it.each([200, 202])('is a card, taken with HTTP %i', async (status) => {
    sink.answer = { status };

    const receipt = await notifierFor(sink).send([aNotice()], never);

    const [request] = sink.requests;
    expect(receipt.detail).toBe(`HTTP ${status}`);
    expect(request).toMatchObject({ method: 'POST', path: PATH });
    expect(request!.headers['content-type']).toBe('application/json');
    expect(JSON.parse(request!.body)).toMatchObject({
      type: 'message',
      attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive' }],
    });
    expect(request!.body).not.toContain(SIG);
  });

  it('is one card for several events', async () => {
    await notifierFor(sink).send([aNotice({}, 'started'), aNotice()], never);

    expect(sink.requests).toHaveLength(1);
    expect(sink.requests[0]!.body).toContain('2 events about restores');
  });
});

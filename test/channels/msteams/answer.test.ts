import { describe, expect, it } from 'vitest';
import { teamsFault } from '../../../src/channels/msteams/answer.ts';
import type { DeliveryReason } from '../../../src/errors.ts';

const NOW = Date.parse('2026-11-02T08:15:05Z');

function judge(status: number, body: string, retryAfter: string | null = null) {
  return teamsFault({ status, body, retryAfter }, (text) => text, NOW);
}

describe('an answer of Teams', () => {
  it.each([
    [202, ''],
    [202, 'whatever, even an error'],
    [200, '1'],
    [200, ''],
    [200, 'true'],
    [200, '{"id":"1"}'],
    [200, '{"status":"Accepted","errors":[],"error":null}'],
    [204, ''],
  ])('%i %s accepts', (status, body) => {
    expect(judge(status, body)).toBeNull();
  });

  it.each<[string, DeliveryReason, boolean]>([
    ['Delivery failed: upstream said 429', 'rate_limited', true],
    [
      'Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 413 with ContextId tcid=8429,server=DB3PEPF00000412',
      'rejected',
      false,
    ],
    [
      'Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId MS-CV=q413',
      'rate_limited',
      true,
    ],
    ['delivery failed: 413 Request Entity Too Large', 'rejected', false],
    ['Upstream error, status code: 503', 'unavailable', true],
    ['The request failed with status=404', 'refused', false],
    ['Microsoft Teams endpoint returned HTTP status 403', 'refused', false],
    ['Webhook Bad Request - Null or empty event: failed', 'unavailable', true],
    ['Too many requests', 'unavailable', true],
    ['{"error":{"code":"WorkflowTriggerIsNotEnabled","message":"not enabled"}}', 'unavailable', true],
    ['{"error":{"code":"TooLarge","status":413}}', 'rejected', false],
    ['{"ok":false}', 'unavailable', true],
    ['{"status":"Failed"}', 'unavailable', true],
    ['Summary or Text is required.', 'unavailable', true],
    ['Bad payload received by generic incoming webhook.', 'unavailable', true],
    ['Webhook Bad Request - Null or empty event', 'unavailable', true],
    ['An unexpected problem occurred', 'unavailable', true],
    ['429', 'rate_limited', true],
    ['{"message":"Throttled"}', 'unavailable', true],
    ['{"code":"413","message":"x"}', 'rejected', false],
  ])('200 %s is a fault: %s, retryable: %s', (body, reason, retryable) => {
    const fault = judge(200, body);
    expect(fault).toMatchObject({ reason, retryable, status: 200 });
    expect(fault?.message).toContain(body);
  });

  it('is tried again when it is a page, and the hint says so', () => {
    const fault = judge(200, '<!doctype html><title>Sign in</title>');
    expect(fault).toMatchObject({ reason: 'unavailable', retryable: true });
    expect(fault?.hint).toMatch(/this is a page/);
  });

  it('says how long to wait also where a 200 passes a 429 on', () => {
    expect(judge(200, 'failed: HTTP 429', '9')).toMatchObject({ retryAfterMs: 9_000 });
  });

  it('is judged by its status where it is no 2xx', () => {
    expect(judge(400, '{"error":{"code":"TriggerInputSchemaMismatch"}}')).toMatchObject({
      reason: 'rejected',
      retryable: false,
      status: 400,
    });
  });
});

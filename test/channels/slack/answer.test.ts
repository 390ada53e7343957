import { describe, expect, it } from 'vitest';
import { slackFault } from '../../../src/channels/slack/answer.ts';
import type { DeliveryReason } from '../../../src/errors.ts';

const NOW = Date.parse('2026-11-02T08:15:05Z');

function judge(status: number, body: string, retryAfter: string | null = null) {
  return slackFault({ status, body, retryAfter }, (text) => text.slice(0, 60), NOW);
}

describe('an answer of Slack, or of a server that takes its messages', () => {
  it.each([
    [200, 'ok'],
    [200, 'OK\n'],
    [200, '"ok"'],
    [200, ''],
    [200, '  \n'],
    [201, ''],
    [204, ''],
    [200, '{"ok":true}'],
    [200, `{"ok":true,"ts":"1","message":{"text":"${'x'.repeat(500)}"}}`],
    [200, '{"success":true}'],
    [200, '{"result":"success","msg":"","ignored_parameters_unsupported":[]}'],
    [200, '{"status":"ok"}'],
    [202, '{"status":"accepted"}'],
  ])('%i %s accepts', (status, body) => {
    expect(judge(status, body)).toBeNull();
  });

  it.each<[number, string, DeliveryReason]>([
    [200, '{"ok":false,"error":"invalid_blocks"}', 'rejected'],
    [200, '{"ok":false,"error":"msg_too_long"}', 'rejected'],
    [200, '{"ok":false,"error":"no_text"}', 'rejected'],
    [200, '{"success":false,"error":"Invalid integration id or token provided."}', 'rejected'],
    [200, '{"result":"error","msg":"Malformed JSON"}', 'rejected'],
    [200, 'invalid_payload', 'rejected'],
    [400, '{"ok":false,"error":"invalid_blocks"}', 'rejected'],
    [200, '{"ok":false,"error":"channel_not_found"}', 'refused'],
    [200, '{"ok":false,"error":"is_archived"}', 'refused'],
    [200, '{"ok":false,"error":"invalid_auth"}', 'refused'],
    [404, '{"ok":false,"error":"no_service"}', 'refused'],
    [500, 'no_service', 'refused'],
  ])('%i %s is given up, with the error: %s', (status, body, reason) => {
    const fault = judge(status, body);
    expect(fault).toMatchObject({ reason, retryable: false, status });
    expect(fault?.message).toContain(body.slice(0, 60));
  });

  it.each<[number, string, DeliveryReason]>([
    [200, '{"ok":false,"error":"rate_limited"}', 'rate_limited'],
    [200, '{"ok":false,"error":"ratelimited"}', 'rate_limited'],
    [200, '{"ok":false,"error":"service_unavailable"}', 'unavailable'],
    [200, '{"ok":false,"error":"internal_error"}', 'unavailable'],
    [200, '{"ok":false,"error":"fatal_error"}', 'unavailable'],
    [200, '{"ok":false,"error":"something_new"}', 'unavailable'],
    [200, '{"ok":false}', 'unavailable'],
    [200, '{"ok":true,"success":false}', 'unavailable'],
    [200, '{}', 'unavailable'],
    [200, '[]', 'unavailable'],
    [200, '1', 'unavailable'],
    [500, 'rollup_error', 'unavailable'],
    // What gateways say before a receiver: those of AWS, Envoy, nginx, Spring.
    [429, '{"message":"Too Many Requests"}', 'rate_limited'],
    [503, '{"message":"no healthy upstream"}', 'unavailable'],
    [502, '{"error":"Bad Gateway"}', 'unavailable'],
    [500, '{"message":"Unknown error"}', 'unavailable'],
    [408, '{"message":"not received in time"}', 'unavailable'],
    [500, 'invalid_blocks', 'unavailable'],
    [423, '', 'unavailable'],
    [425, '', 'unavailable'],
  ])('%i %s is tried again: %s', (status, body, reason) => {
    expect(judge(status, body)).toMatchObject({ reason, retryable: true, status });
  });

  it('waits as long as a refusal in a 200 asks for', () => {
    for (const body of ['{"ok":false,"error":"ratelimited"}', 'ratelimited', '<html>busy</html>']) {
      expect(judge(200, body, '30')).toMatchObject({ retryable: true, retryAfterMs: 30_000 });
    }
  });

  it.each(['<html>login</html>', '<!DOCTYPE html>\n<title>Sign in</title>', '\uFEFF<!-- x --><html><body>'])(
    '%s is tried again, and the hint says that this is a page',
    (body) => {
      const fault = judge(200, body);
      expect(fault).toMatchObject({ reason: 'unavailable', retryable: true });
      expect(fault?.hint).toMatch(/this is a page/);
    },
  );

  it.each(['{"ok":false,"error":"rate_limited"}', '{"message":"Too Many Requests"}'])(
    'waits for as long as a 429 asks, whatever it says besides: %s',
    (body) => {
      expect(judge(429, body, '17')).toMatchObject({ reason: 'rate_limited', retryAfterMs: 17_000 });
    },
  );
});

import { describe, expect, it } from 'vitest';
import { answerOf } from '../../src/health/heartbeat-verdict.ts';

describe('an answer to a heartbeat', () => {
  it.each([
    [200, ''],
    [200, 'OK'],
    [200, 'ok\n'],
    [200, '{"ok":true}'],
    [200, '{"ok":true,"msg":"OK","error":null,"errors":[]}'],
    [200, '{"success":true,"status":200}'],
    [200, '"OK"'],
    [200, '1'],
    [200, 'pong'],
    [201, 'Created'],
    [202, 'Got it, thanks!'],
    [202, '{"result":"PONG - Heartbeat received","took":0.028,"requestId":"1"}'],
    [204, ''],
    [299, 'OK'],
  ])('%i %j takes it', (status, text) => {
    expect(answerOf({ status, text })).toEqual({ kind: 'taken', detail: `HTTP ${status}` });
  });

  it.each([
    ['OK (not found)', 'OK (not found)'],
    ['ok (not found)\n', 'ok (not found)'],
    ['OK (rate limited)', 'OK (rate limited)'],
    ['OK(paused)', 'OK(paused)'],
    ['Not Found', 'Not Found'],
    ['rate limited', 'rate limited'],
    ['too many requests', 'too many requests'],
    ['error', 'error'],
    ['invalid token abc123', 'it says that it has not taken it'],
    ['{"ok":false}', 'it says that it has not taken it'],
    ['{ "ok" : false, "msg": "Monitor not found or not active." }', 'it says that it has not taken it'],
    ['{"ok":"false"}', 'it says that it has not taken it'],
    ['{"success":false}', 'it says that it has not taken it'],
    ['{"error":"no such check"}', 'it says that it has not taken it'],
    ['{"errors":[{"code":1}]}', 'it says that it has not taken it'],
    ['{"status":"error"}', 'it says that it has not taken it'],
    ['{"status":404}', 'it says that it has not taken it'],
    ['{"statusCode":429}', 'it says that it has not taken it'],
    ['OK (https://beat.example/secret)', 'it says that it has not taken it'],
  ])('200 %j is well answered, and most likely not noted', (text, says) => {
    expect(answerOf({ status: 200, text })).toEqual({
      kind: 'doubtful',
      detail: `HTTP 200: ${says}`,
      hint: expect.stringContaining('noted nothing'),
    });
  });

  it.each([
    '<!doctype html><title>Sign in</title>',
    '<HTML><body>OK</body></HTML>',
    '\n<!-- proxy -->\n<html lang="en">',
    '<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN">',
  ])('200 %j is a page', (text) => {
    expect(answerOf({ status: 200, text })).toEqual({
      kind: 'doubtful',
      detail: 'HTTP 200: a page',
      hint: expect.stringMatching(/^this is a page/),
    });
  });

  it.each([
    [301, 'HTTP 301', /final address/],
    [308, 'HTTP 308', /final address/],
    [401, 'HTTP 401', /check the address/],
    [404, 'HTTP 404', /check the address/],
    [407, 'the proxy wants a login (407)', /HTTPS_PROXY/],
    [410, 'HTTP 410', /check the address/],
  ])('%i refuses it, with what to do, whatever its text', (status, detail, hint) => {
    for (const text of ['', 'OK', '<html>']) {
      expect(answerOf({ status, text })).toEqual({
        kind: 'refused',
        detail,
        hint: expect.stringMatching(hint),
      });
    }
  });

  it.each([100, 199, 300, 304, 500, 503, 599, 999])(
    '%i refuses it, and nothing is to be done here',
    (status) => {
      expect(answerOf({ status, text: 'OK' })).toEqual({
        kind: 'refused',
        detail: `HTTP ${status}`,
        hint: null,
      });
    },
  );
});

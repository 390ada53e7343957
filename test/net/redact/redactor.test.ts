import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../../src/net/redact/redactor.ts';
import { growthOf } from '../../support/growth.ts';

const SECRET = 'c4n"ry/sécret+1 x';
const { redact } = createRedactor([SECRET, 'plain-canary-99', 'abc', 'x']);
const MARK = '[redacted]';

describe('a configured secret', () => {
  it.each([
    ['as it stands', SECRET],
    ['percent-encoded', encodeURIComponent(SECRET)],
    ['percent-encoded in lower case', encodeURIComponent(SECRET).toLowerCase()],
    ['as a form field', new URLSearchParams({ a: SECRET }).toString().slice(2)],
    ['in JSON', JSON.stringify(SECRET).slice(1, -1)],
    ['in JSON with escaped slashes', JSON.stringify(SECRET).slice(1, -1).replaceAll('/', '\\/')],
    ['in JSON within JSON', JSON.stringify(JSON.stringify(SECRET)).slice(3, -3)],
  ])('is taken out %s', (_, form) => {
    expect(redact(`before ${form} after`)).toBe(`before ${MARK} after`);
  });

  it.each(['', 'u', 'us', 'user:'])('is taken out of base64, wherever in it: after "%s"', (before) => {
    const core = Buffer.from('plain-canary-99').toString('base64').slice(4, -4);
    for (const after of ['', ' ', ':more']) {
      const text = redact(`key ${Buffer.from(`${before}plain-canary-99${after}`).toString('base64')}`);
      expect(text).toContain(MARK);
      expect(text).not.toContain(core);
      expect(Buffer.from(text.replace(MARK, ''), 'base64').toString()).not.toContain('canary');
    }
  });

  it('goes as a whole when it holds another', () => {
    const { redact: both } = createRedactor(['https://siem.example.com/t0ken', '/t0ken', 't0ken']);
    expect(both('POST https://siem.example.com/t0ken, or t0ken')).toBe(`POST ${MARK}, or ${MARK}`);
  });

  it('is hidden only where it stands alone when it is shorter than eight characters, and not at all when it is one', () => {
    expect(redact('abc abcd (abc) x')).toBe(`${MARK} abcd (${MARK}) x`);
    const { redact: ofWords } = createRedactor(['restore', 'p&=+1']);
    expect(ofWords('restores of restore: p&=+1, p%26%3D%2b1, p&amp;=+1')).toBe(
      `restores of ${MARK}: ${MARK}, ${MARK}, ${MARK}`,
    );
  });

  it('may look like an expression', () => {
    expect(createRedactor(['a.b*(c|d)$1\\']).redact('say a.b*(c|d)$1\\ now')).toBe(`say ${MARK} now`);
  });
});

describe('a secret that nobody configured', () => {
  it.each([
    [
      'a download link of Atlas',
      'see https://restore-6080.ab1cd.mongodb.net:27017/canarycanary/restore-6080.tar.gz now',
      `see https://restore-6080.ab1cd.mongodb.net:27017/${MARK} now`,
    ],
    [
      'a download link without its scheme',
      'restore-1.ab1cd.mongodb-dev.net:27017/canary',
      `restore-1.ab1cd.mongodb-dev.net:27017/${MARK}`,
    ],
    [
      'a download link of legacy backup',
      'GET https://om.example.com:8080/backup/restore/v2/pull/canary/canary/x failed',
      `GET https://om.example.com:8080/${MARK} failed`,
    ],
    [
      'a link to an archive',
      '"https://s3.example.com/bucket/x.tar.gz?signature=canary"',
      `"https://s3.example.com/${MARK}"`,
    ],
    [
      'a Slack webhook',
      'POST https://hooks.slack.com/services/T0/B0/canary failed',
      `POST https://hooks.slack.com/${MARK} failed`,
    ],
    [
      'a Slack webhook of the government',
      'hooks.slack-gov.com/services/canary',
      `hooks.slack-gov.com/${MARK}`,
    ],
    ['user and password', 'smtp://bob:canary@mail.example.com:25', `smtp://${MARK}@mail.example.com:25`],
    ['a password with an @', 'smtp://bob:can@ry@mail.example.com', `smtp://${MARK}@mail.example.com`],
    ['a token in place of a user', 'https://canary@example.com/x', `https://${MARK}@example.com/x`],
    ['a Basic header', 'Authorization: Basic Y2FuYXJ5', `Authorization: Basic ${MARK}`],
    ['a header of another scheme', 'authorization: Token canary', `authorization: ${MARK}`],
    ['a Bearer token', 'with Bearer canary.token-12345, twice', `with Bearer ${MARK}, twice`],
    ['a header in JSON', '{"authorization":"Bearer canary"}', `{"authorization":"Bearer ${MARK}"}`],
    [
      'a digest',
      'Authorization: Digest username="canary", realm="MMS", response="canary", nc=00000001 was sent',
      `Authorization: Digest ${MARK} was sent`,
    ],
    [
      'a digest in JSON',
      JSON.stringify({ a: 'Digest username="canary", response="canary"' }),
      `{"a":"Digest ${MARK}"}`,
    ],
    ['the secret of a service account', 'mdb_sa_sk_canary-1', MARK],
  ])('is taken out: %s', (_, text, expected) => {
    expect(createRedactor([]).redact(text)).toBe(expected);
  });

  it.each([
    'https://cloud.mongodb.com/api/atlas/v1.0/groups/5f0e/serverless/orders/backup/restoreJobs/6080',
    'https://cloud.mongodb.com/v2/5f0e#/overview',
    'mail to dba@example.com, see https://example.com/@dba',
    'Basic authentication failed; Bearer tokens are not used',
    'Restore 6080…8293 of orders to orders-copy failed after 14 min',
    'authorization failed',
  ])('is not seen where there is none: %s', (text) => {
    expect(createRedactor(['private-key']).redact(text)).toBe(text);
  });
});

describe('redaction', () => {
  it('does not choke on long runs', async () => {
    const { redact } = createRedactor(['private-key']);
    const run = (size: number) =>
      redact(`${'a'.repeat(10 * size)}://${'b.mongodb'.repeat(size / 10)} https://${'c/'.repeat(size)}`);
    expect(await growthOf(run, 500)).toBeLessThan(40);
  });
});

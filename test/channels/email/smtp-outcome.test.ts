import { describe, expect, it } from 'vitest';
import { smtpFault } from '../../../src/channels/email/smtp-outcome.ts';

const CONTEXT = { scrub: (text: string): string => text, caFile: null };

/** As nodemailer makes them where no local server can: its code, and the one it had before. */
function fault(code: string, more: Record<string, unknown> = {}, caFile: string | null = null) {
  return smtpFault(Object.assign(new Error('it failed'), { code, ...more }), new AbortController().signal, {
    ...CONTEXT,
    caFile,
  });
}

describe('a mail that failed without a reply of the server', () => {
  it.each([
    ['EDNS', 'unavailable', true],
    ['ECONNECTION', 'unavailable', true],
    ['ESOCKET', 'unavailable', true],
    ['ETLS', 'unavailable', true],
    ['EPROTOCOL', 'unavailable', true],
    ['ETIMEDOUT', 'timeout', true],
    ['EABORT', 'timeout', true],
    ['EAUTH', 'refused', false],
    ['EENVELOPE', 'refused', false],
    ['EMESSAGE', 'rejected', false],
    ['ESOMETHINGNEW', 'unavailable', true],
  ])('%s is %s, retryable: %s', (code, reason, retryable) => {
    expect(fault(code)).toMatchObject({ reason, retryable });
    expect(fault(code).message).toContain(code);
  });

  it('names what happened underneath', () => {
    expect(fault('ESOCKET', { originalCode: 'ECONNREFUSED' }).message).toContain('ECONNREFUSED');
  });

  it.each([
    ['CERT_HAS_EXPIRED', null, /has run out/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', '/etc/ca.pem', /another host name: check smtpUrl/],
    ['SELF_SIGNED_CERT_IN_CHAIN', null, /set caFile on the channel/],
    ['SELF_SIGNED_CERT_IN_CHAIN', '/etc/ca.pem', /neither by an authority in caFile \(\/etc\/ca\.pem\)/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', '/etc/ca.pem', /caFile \(\/etc\/ca\.pem\).* the root/],
    [
      'ERR_SSL_WRONG_VERSION_NUMBER',
      null,
      /begin in clear, with STARTTLS \(then it is smtp:\/\/ in smtpUrl\)/,
    ],
  ])('says what to do about TLS: %s with caFile %s', (originalCode, caFile, hint) => {
    const error = fault('ESOCKET', { originalCode }, caFile);
    expect(error.hint).toMatch(hint);
    expect(error.message).toBe(`no trusted connection to the mail server (${originalCode})`);
  });

  it('takes whatever is thrown', () => {
    const error = smtpFault('just text', new AbortController().signal, CONTEXT);

    expect(error).toMatchObject({ reason: 'unavailable', retryable: true });
    expect(error.message).toContain('just text');
  });
});

describe('a mail that failed with a reply', () => {
  it.each([
    [
      'a greeting that turns us away',
      { code: 'EPROTOCOL', responseCode: 554, permanent: true, command: 'CONN' },
      'refused',
      false,
    ],
    [
      'commands out of sequence',
      { code: 'EENVELOPE', responseCode: 503, permanent: false, command: 'MAIL FROM' },
      'unavailable',
      true,
    ],
    [
      'STARTTLS not known',
      { code: 'ETLS', responseCode: 502, permanent: true, command: 'STARTTLS' },
      'refused',
      false,
    ],
    [
      'STARTTLS out of sequence',
      { code: 'ETLS', responseCode: 503, permanent: false, command: 'STARTTLS' },
      'refused',
      false,
    ],
    [
      'STARTTLS not for now',
      { code: 'ETLS', responseCode: 454, permanent: false, command: 'STARTTLS' },
      'unavailable',
      true,
    ],
  ])('%s', (_what, { code, ...more }, reason, retryable) => {
    expect(fault(code, more)).toMatchObject({ reason, retryable, status: more.responseCode });
  });
});

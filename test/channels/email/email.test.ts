import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEmailNotifier, type EmailOptions } from '../../../src/channels/email/email.ts';
import type { Notifier } from '../../../src/channels/notifier.ts';
import { type DeliveryReason, WatcherError } from '../../../src/errors.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { type SmtpRefusal, type SmtpSink, startSmtpSink, startTcpSink } from '../../support/smtp-sink.ts';
import {
  aNotice,
  describeNotifier,
  expectNoSecret,
  failureOf,
  type Mood,
  never,
} from '../notifier-contract.ts';

const USER = 'watcher@example.com';
const PASSWORD = 'p%ss w@rd/of:mail';
const LOGIN = `${encodeURIComponent(USER)}:${encodeURIComponent(PASSWORD)}`;
const SECRETS = [
  PASSWORD,
  encodeURIComponent(PASSWORD),
  Buffer.from(PASSWORD).toString('base64'),
  Buffer.from(`\0${USER}\0${PASSWORD}`).toString('base64'),
];
const TLS = join(import.meta.dirname, '../../fixtures/tls');
const CA = join(TLS, 'ca.pem');
const CERTIFICATE = {
  key: readFileSync(join(TLS, 'server-key.pem')),
  cert: readFileSync(join(TLS, 'server.pem')),
};

function notifierFor(port: number, over: Partial<EmailOptions> = {}): Notifier {
  return createEmailNotifier({
    channel: 'dba',
    smtpUrl: `smtp://${LOGIN}@127.0.0.1:${port}`,
    from: 'Restores <restores@example.com>',
    to: ['dba@example.com'],
    timeZone: null,
    template: null,
    logger: createRecordingLogger(),
    requireTls: false,
    caFile: null,
    ...over,
  });
}

/** A server that quotes what it should not. */
const LEAK = `no: ${SECRETS.join(' ')}`;
const REFUSALS: Partial<Record<Mood, SmtpRefusal>> = {
  busy: { at: 'data', code: 451, text: LEAK },
  gone: { at: 'to', code: 550, text: LEAK },
  dislikes: { at: 'data', code: 554, text: LEAK },
};

describeNotifier('email', async ({ timeoutMs }) => {
  const sink = await startSmtpSink();
  const silent = await startTcpSink();
  const resetting = await startTcpSink((socket) => socket.resetAndDestroy());
  const away = await startTcpSink();
  await away.close();
  const timeouts = { connect: timeoutMs, greeting: timeoutMs, socket: timeoutMs, total: timeoutMs };
  const ports: Partial<Record<Mood, number>> = {
    hangs: silent.port,
    resets: resetting.port,
    away: away.port,
  };
  let notifier = notifierFor(sink.port);
  return {
    get notifier() {
      return notifier;
    },
    secrets: SECRETS,
    become: async (mood: Mood) => {
      sink.refusal = REFUSALS[mood] ?? null;
      notifier = notifierFor(ports[mood] ?? sink.port, { timeouts });
    },
    reached: () => silent.connected,
    accepted: () => sink.mails.length,
    close: async () => {
      await Promise.all([sink.close(), silent.close(), resetting.close()]);
    },
  };
});

describe('what a mail server says', () => {
  let sink: SmtpSink;
  beforeEach(async () => {
    sink = await startSmtpSink();
  });
  afterEach(() => sink.close());

  it.each<[SmtpRefusal['at'], number, DeliveryReason, boolean, RegExp?]>([
    ['auth', 535, 'refused', false, /user and password/],
    ['auth', 534, 'refused', false, /user and password/],
    ['auth', 454, 'unavailable', true],
    ['from', 550, 'refused', false, /"from"/],
    ['from', 552, 'rejected', false],
    ['from', 451, 'unavailable', true],
    ['to', 550, 'refused', false, /"to"/],
    ['to', 554, 'refused', false, /"to"/],
    ['to', 450, 'unavailable', true],
    ['data', 552, 'rejected', false],
    ['data', 554, 'rejected', false],
    ['data', 421, 'unavailable', true],
    ['data', 452, 'unavailable', true],
  ])('at %s, %i is %s, retryable: %s', async (at, code, reason, retryable, hint = undefined) => {
    sink.refusal = { at, code, text: 'no' };

    const error = await failureOf(notifierFor(sink.port).send([aNotice()], never));

    expect(error).toMatchObject({ reason, retryable, status: code });
    expect(error.message).toContain(String(code));
    if (hint) expect(error.hint).toMatch(hint);
    expect(sink.mails).toEqual([]);
  });

  it('counts as accepted when one recipient is accepted, and the receipt says how many were not', async () => {
    sink.refusal = { at: 'to', code: 550, text: 'unknown', recipient: 'gone@example.com' };
    const to = ['dba@example.com', 'gone@example.com', 'oncall@example.com'];

    const receipt = await notifierFor(sink.port, { to }).send([aNotice()], never);

    expect(receipt.detail).toMatch(/^250 .*; 1 of 3 recipients refused$/);
    expect(sink.mails.map((mail) => mail.to)).toEqual([['dba@example.com', 'oncall@example.com']]);
  });

  it('is tried again when some recipients are refused for good and the others for now', async () => {
    const temporary = await startSmtpSink({
      onRcptTo: ({ address }, _session, done) =>
        done(Object.assign(new Error('no'), { responseCode: address.startsWith('later') ? 451 : 550 })),
    });
    const to = ['gone@example.com', 'later@example.com'];

    const error = await failureOf(notifierFor(temporary.port, { to }).send([aNotice()], never));
    await temporary.close();

    expect(error).toMatchObject({ reason: 'unavailable', retryable: true });
  });

  it('is a time-out when the server stops in the middle', async () => {
    const server = await startTcpSink((socket) => socket.write('220 hello\r\n'));
    const timeouts = { connect: 20_000, greeting: 20_000, socket: 200, total: 20_000 };

    const error = await failureOf(notifierFor(server.port, { timeouts }).send([aNotice()], never));
    await server.close();

    expect(error).toMatchObject({ reason: 'timeout', retryable: true });
  });

  it('is a time-out when the server dribbles for ever', async () => {
    const server = await startTcpSink((socket) => {
      socket.write('220-a\r\n');
      const timer = setInterval(() => socket.write('220-b\r\n'), 10);
      socket.on('close', () => clearInterval(timer));
    });
    const timeouts = { connect: 20_000, greeting: 20_000, socket: 20_000, total: 200 };

    const error = await failureOf(notifierFor(server.port, { timeouts }).send([aNotice()], never));
    await server.close();

    expect(error).toMatchObject({ reason: 'timeout', retryable: true });
  });
});

describe('logging in', () => {
  it('uses the user and password of the URL, decoded', async () => {
    const logins: Array<unknown[]> = [];
    const sink = await startSmtpSink({
      onAuth: ({ username, password }, _session, done) => {
        logins.push([username, password]);
        done(null, { user: USER });
      },
    });

    await notifierFor(sink.port).send([aNotice()], never);
    await sink.close();

    expect(logins).toEqual([[USER, PASSWORD]]);
  });

  it('is left out when the URL has no user', async () => {
    const sink = await startSmtpSink();

    await notifierFor(sink.port, { smtpUrl: `smtp://127.0.0.1:${sink.port}` }).send([aNotice()], never);
    await sink.close();

    expect(sink.mails[0]?.user).toBeNull();
  });

  it('does not let the query of the URL change how mail is sent', async () => {
    const sink = await startSmtpSink();
    const smtpUrl = `smtp://127.0.0.1:${sink.port}/?ignoreTLS=false&requireTLS=true&host=192.0.2.1&pool=true`;

    await notifierFor(sink.port, { smtpUrl }).send([aNotice()], never);
    await sink.close();

    expect(sink.mails).toHaveLength(1);
  });

  it.each([
    ['not a URL', `${PASSWORD}`],
    ['another scheme', `https://${LOGIN}@mail.example.com`],
    ['without a host', `smtp://`],
  ])('is not tried with a URL that is %s; the error does not quote it', (_what, smtpUrl) => {
    try {
      notifierFor(25, { smtpUrl });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(WatcherError);
      expect(String(error)).toContain('channel dba');
      expectNoSecret(error, SECRETS);
    }
  });
});

describe('encryption', () => {
  const open: Array<{ close(): Promise<void> }> = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((sink) => sink.close()));
  });
  const startSink = async (options: Parameters<typeof startSmtpSink>[0]) => {
    const sink = await startSmtpSink(options);
    open.push(sink);
    return sink;
  };

  it('is used when the server offers STARTTLS and its certificate is trusted', async () => {
    const sink = await startSink({ ...CERTIFICATE, disabledCommands: [] });

    await notifierFor(sink.port, { requireTls: true, caFile: CA }).send([aNotice()], never);

    expect(sink.mails).toMatchObject([{ isEncrypted: true }]);
  });

  it('is used from the start with smtps', async () => {
    const sink = await startSink({ ...CERTIFICATE, secure: true });
    const smtpUrl = `smtps://${LOGIN}@127.0.0.1:${sink.port}`;

    await notifierFor(sink.port, { smtpUrl, caFile: CA }).send([aNotice()], never);

    expect(sink.mails).toMatchObject([{ isEncrypted: true }]);
  });

  it.each(['smtp', 'smtps'])(
    'with an unknown certificate is a fault that may pass, over %s',
    async (scheme) => {
      const sink = await startSink({ ...CERTIFICATE, secure: scheme === 'smtps', disabledCommands: [] });
      const smtpUrl = `${scheme}://${LOGIN}@127.0.0.1:${sink.port}`;

      const error = await failureOf(notifierFor(sink.port, { smtpUrl }).send([aNotice()], never));

      expect(error).toMatchObject({ reason: 'unavailable', retryable: true });
      expect(error.hint).toMatch(/caFile/);
      expect(sink.mails).toEqual([]);
      expectNoSecret(error, SECRETS);
    },
  );

  it('is demanded in vain: nothing is sent in clear, and the hint says what to change', async () => {
    const sink = await startSink({ disabledCommands: ['STARTTLS'] });

    const error = await failureOf(notifierFor(sink.port, { requireTls: true }).send([aNotice()], never));

    expect(error).toMatchObject({ reason: 'refused', retryable: false });
    expect(error.hint).toMatch(/STARTTLS/);
    expect(sink.mails).toEqual([]);
    expectNoSecret(error, SECRETS);
  });

  it('is not there when the server has none and it is not demanded', async () => {
    const sink = await startSink({ disabledCommands: ['STARTTLS'] });

    await notifierFor(sink.port).send([aNotice()], never);

    expect(sink.mails).toMatchObject([{ isEncrypted: false }]);
  });

  it('with a CA file that is not there is a fault of the configuration', () => {
    expect(() => notifierFor(25, { caFile: '/nowhere/ca.pem' })).toThrow(/channel dba.*\/nowhere\/ca.pem/);
  });
});

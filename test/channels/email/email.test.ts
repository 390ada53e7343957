import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createEmailNotifier, type EmailOptions } from '../../../src/channels/email/email.ts';
import type { Notifier } from '../../../src/channels/notifier.ts';
import { DeliveryError, type DeliveryReason, WatcherError } from '../../../src/errors.ts';
import type { SmtpAnswer, SmtpStage } from '../../../src/simulator/receivers/smtp-scripts.ts';
import {
  type SmtpSink,
  type SmtpSinkOptions,
  startSmtpSink,
} from '../../../src/simulator/receivers/smtp-sink.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { startTcpSink } from '../../support/tcp-sink.ts';
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
const REFUSALS: Partial<Record<Mood, { at: SmtpStage; answer: SmtpAnswer }>> = {
  busy: { at: 'MESSAGE', answer: `451 ${LEAK}` },
  gone: { at: 'RCPT', answer: `550 ${LEAK}` },
  dislikes: { at: 'MESSAGE', answer: `554 ${LEAK}` },
};

describeNotifier('email', async ({ timeoutMs }) => {
  const sink = await startSmtpSink();
  const silent = await startTcpSink();
  const resetting = await startTcpSink((socket) => socket.resetAndDestroy());
  const away = await startTcpSink();
  await away.close();
  const timeouts = { dns: timeoutMs, greeting: timeoutMs, socket: timeoutMs, total: timeoutMs };
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
      for (const { at } of Object.values(REFUSALS)) sink.answer(at, null);
      const refusal = REFUSALS[mood];
      if (refusal) sink.answer(refusal.at, refusal.answer);
      notifier = notifierFor(ports[mood] ?? sink.port, { timeouts });
    },
    reached: () => silent.connected,
    accepted: () => sink.received.length,
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

  it.each<[SmtpStage, number, DeliveryReason, boolean, RegExp?]>([
    ['AUTH', 535, 'refused', false, /user and password/],
    ['AUTH', 534, 'refused', false, /user and password/],
    ['AUTH', 454, 'unavailable', true],
    ['MAIL', 550, 'refused', false, /"from"/],
    ['MAIL', 552, 'rejected', false],
    ['MAIL', 451, 'unavailable', true],
    ['RCPT', 550, 'refused', false, /"to"/],
    ['RCPT', 554, 'refused', false, /"to"/],
    ['RCPT', 450, 'unavailable', true],
    ['MESSAGE', 552, 'rejected', false],
    ['MESSAGE', 554, 'rejected', false],
    ['MESSAGE', 421, 'unavailable', true],
    ['MESSAGE', 452, 'unavailable', true],
  ])('at %s, %i is %s, retryable: %s', async (at, code, reason, retryable, hint = undefined) => {
    sink.answer(at, `${code} no`);

    const error = await failureOf(notifierFor(sink.port).send([aNotice()], never));

    expect(error).toMatchObject({ reason, retryable, status: code });
    expect(error.message).toContain(String(code));
    if (hint) expect(error.hint).toMatch(hint);
    expect(sink.received).toEqual([]);
  });

  it.each(['CONNECT', 'AUTH', 'RCPT'] as const)(
    'is not told any more what may no longer go out by the time it has answered at %s',
    async (stage) => {
      const lost = new DeliveryError('timeout', 'the lease is lost', { retryable: true, wasTried: false });
      let mayGo = true;
      sink.answer(stage, () => {
        mayGo = false;
        return null;
      });
      const lastLook = (): void => {
        if (!mayGo) throw lost;
      };
      const notifier = notifierFor(sink.port);
      await expect(notifier.send([aNotice()], never, lastLook)).rejects.toBe(lost);
      expect(lost.code).toBe(new DeliveryError('timeout', '', { retryable: true }).code);
      expect(mayGo).toBe(false);
      expect(sink.received).toEqual([]);

      sink.answer(stage, null);
      mayGo = true;
      await notifier.send([aNotice()], never, lastLook);
      expect(sink.received).toHaveLength(1);
    },
  );

  it('counts as accepted when one recipient is accepted, and the receipt says who was not, and why', async () => {
    sink.answer('RCPT', (address) => {
      if (address === 'gone@example.com') return `550 5.1.1 ${LEAK}`;
      return address === 'full@example.com' ? '552 5.2.2 mailbox full' : null;
    });
    const to = ['dba@example.com', 'Gone: <gone@example.com>', 'oncall@example.com', 'full@example.com'];

    const receipt = await notifierFor(sink.port, { to }).send([aNotice()], never);

    expect(receipt.detail).toMatch(
      /^250 .*; refused 2 of 4: gone@example.com for good, full@example.com for now$/,
    );
    expect(receipt.refused).toMatchObject([
      { recipient: 'gone@example.com', fault: { reason: 'refused', retryable: false, status: 550 } },
      { recipient: 'full@example.com', fault: { reason: 'unavailable', retryable: true, status: 552 } },
    ]);
    expectNoSecret(receipt, SECRETS);
    expect(sink.received.map((mail) => mail.to)).toEqual([['dba@example.com', 'oncall@example.com']]);
  });

  it('is tried again when some recipients are refused for good and the others for now', async () => {
    sink.answer('RCPT', (address) => (address.startsWith('later') ? '451 no' : '550 no'));
    const to = ['gone@example.com', 'later@example.com'];

    const error = await failureOf(notifierFor(sink.port, { to }).send([aNotice()], never));

    expect(error).toMatchObject({
      reason: 'unavailable',
      retryable: true,
      refused: [
        { recipient: 'gone@example.com', fault: { retryable: false } },
        { recipient: 'later@example.com', fault: { retryable: true } },
      ],
    });
  });

  it('goes to one recipient alone, or to all but some, with everybody in its header', async () => {
    const to = ['dba@example.com', 'Gone: now <gone@example.com>', 'oncall@example.com'];
    const notifier = notifierFor(sink.port, { to, from: 'Alert: Restores <restores@example.com>' });

    await notifier.send([{ ...aNotice(), onlyTo: 'gone@example.com' }], never);
    await notifier.send([{ ...aNotice(), notTo: ['gone@example.com'] }], never);

    expect(sink.received.map((mail) => mail.to)).toEqual([
      ['gone@example.com'],
      ['dba@example.com', 'oncall@example.com'],
    ]);
    for (const { raw, from } of sink.received) {
      expect(from).toBe('restores@example.com');
      expect(raw).toContain('From: "Alert: Restores" <restores@example.com>');
      expect(raw).toContain('To: dba@example.com, "Gone: now" <gone@example.com>, oncall@example.com');
    }
  });

  it('is sent to nobody who is a recipient no more', async () => {
    const receipt = await notifierFor(sink.port).send([{ ...aNotice(), onlyTo: 'left@example.com' }], never);

    expect(receipt).toEqual({
      detail: 'left@example.com is a recipient of this channel no more',
      wasSent: false,
    });
    expect(sink.received).toEqual([]);
  });

  it('is a time-out when the server stops in the middle', async () => {
    const server = await startTcpSink((socket) => socket.write('220 hello\r\n'));
    const timeouts = { dns: 20_000, greeting: 20_000, socket: 200, total: 20_000 };

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
    const timeouts = { dns: 20_000, greeting: 20_000, socket: 20_000, total: 200 };

    const error = await failureOf(notifierFor(server.port, { timeouts }).send([aNotice()], never));
    await server.close();

    expect(error).toMatchObject({ reason: 'timeout', retryable: true });
  });
});

describe('a slow mail server', () => {
  let sink: SmtpSink;
  beforeEach(async () => {
    sink = await startSmtpSink();
  });
  afterEach(() => sink.close());

  it('has five minutes for its greeting, and ten for an answer, after the dot as well', async () => {
    const timer = vi.spyOn(globalThis, 'setTimeout');
    const idle = vi.spyOn(Socket.prototype, 'setTimeout');
    onTestFinished(() => {
      timer.mockRestore();
      idle.mockRestore();
    });
    const isClient = (socket: unknown): boolean =>
      socket instanceof Socket && socket.remotePort === sink.port;
    const patience: { whole: unknown[]; idle: number | undefined } = { whole: [], idle: undefined };
    sink.answer('MESSAGE', () => {
      patience.whole = timer.mock.calls.map(([, ms]) => ms);
      patience.idle = idle.mock.calls.findLast((_, call) => isClient(idle.mock.contexts[call]))?.[0];
      return null;
    });

    await notifierFor(sink.port).send([aNotice()], never);

    expect(patience.idle).toBe(600_000);
    expect(patience.whole).toContain(300_000);
    expect(sink.received).toHaveLength(1);
  });

  it('gets one mail when it takes its time at every step', async () => {
    const anotherTurn = () => new Promise<null>((resolve) => setImmediate(resolve, null));
    for (const stage of ['CONNECT', 'MAIL', 'RCPT', 'MESSAGE'] as const) sink.answer(stage, anotherTurn);

    await notifierFor(sink.port).send([aNotice()], never);

    expect(sink.received).toHaveLength(1);
  });

  it('has no longer than the channel allows for an attempt', async () => {
    sink.answer('MESSAGE', 'hang');

    const error = await failureOf(notifierFor(sink.port, { timeoutMs: 200 }).send([aNotice()], never));

    expect(error).toMatchObject({ reason: 'timeout', retryable: true });
    expect(error.message).toMatch(/^the mail server did not accept within/);
  });
});

describe('logging in', () => {
  it('uses the user and password of the URL, decoded', async () => {
    const logins: string[] = [];
    const sink = await startSmtpSink({ user: USER, password: PASSWORD });
    sink.answer('AUTH', (user) => {
      logins.push(user);
      return null;
    });

    await notifierFor(sink.port).send([aNotice()], never);
    await sink.close();

    expect(logins).toEqual([USER]);
    expect(sink.received).toMatchObject([{ user: USER }]);
  });

  it('is left out when the URL has no user', async () => {
    const sink = await startSmtpSink();

    await notifierFor(sink.port, { smtpUrl: `smtp://127.0.0.1:${sink.port}` }).send([aNotice()], never);
    await sink.close();

    expect(sink.received[0]?.user).toBeNull();
  });

  it('does not let the query of the URL change how mail is sent', async () => {
    const sink = await startSmtpSink();
    const smtpUrl = `smtp://127.0.0.1:${sink.port}/?ignoreTLS=false&requireTLS=true&host=192.0.2.1&pool=true`;

    await notifierFor(sink.port, { smtpUrl }).send([aNotice()], never);
    await sink.close();

    expect(sink.received).toHaveLength(1);
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
  const startSink = async (options: SmtpSinkOptions = {}) => {
    const sink = await startSmtpSink(options);
    open.push(sink);
    return sink;
  };

  it('is used when the server offers STARTTLS and its certificate is trusted', async () => {
    const sink = await startSink({ tls: { ...CERTIFICATE, begins: 'by_starttls' } });

    await notifierFor(sink.port, { requireTls: true, caFile: CA }).send([aNotice()], never);

    expect(sink.received).toMatchObject([{ isEncrypted: true }]);
  });

  it('is used from the start with smtps', async () => {
    const sink = await startSink({ tls: { ...CERTIFICATE, begins: 'at_once' } });
    const smtpUrl = `smtps://${LOGIN}@127.0.0.1:${sink.port}`;

    await notifierFor(sink.port, { smtpUrl, caFile: CA }).send([aNotice()], never);

    expect(sink.received).toMatchObject([{ isEncrypted: true }]);
  });

  it.each(['smtp', 'smtps'])(
    'with an unknown certificate is a fault that may pass, over %s',
    async (scheme) => {
      const sink = await startSink({
        tls: { ...CERTIFICATE, begins: scheme === 'smtps' ? 'at_once' : 'by_starttls' },
      });
      const smtpUrl = `${scheme}://${LOGIN}@127.0.0.1:${sink.port}`;

      const error = await failureOf(notifierFor(sink.port, { smtpUrl }).send([aNotice()], never));

      expect(error).toMatchObject({ reason: 'unavailable', retryable: true });
      expect(error.hint).toMatch(/caFile/);
      expect(sink.received).toEqual([]);
      expectNoSecret(error, SECRETS);
    },
  );

  it('is demanded in vain: nothing is sent in clear, and the hint says what to change', async () => {
    const sink = await startSink();

    const error = await failureOf(notifierFor(sink.port, { requireTls: true }).send([aNotice()], never));

    expect(error).toMatchObject({ reason: 'refused', retryable: false });
    expect(error.hint).toMatch(/STARTTLS/);
    expect(sink.received).toEqual([]);
    expectNoSecret(error, SECRETS);
  });

  it('is not there when the server has none and it is not demanded', async () => {
    const sink = await startSink();

    await notifierFor(sink.port).send([aNotice()], never);

    expect(sink.received).toMatchObject([{ isEncrypted: false }]);
  });

  it('with a CA file that is not there is a fault of the configuration', () => {
    expect(() => notifierFor(25, { caFile: '/nowhere/ca.pem' })).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('channel dba'),
        issues: [{ path: 'caFile', message: expect.stringContaining('/nowhere/ca.pem') }],
      }),
    );
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTransport, type SendMailOptions } from 'nodemailer';
import { afterEach, describe, expect, it } from 'vitest';
import { type SmtpSink, startSmtpSink } from '../../../src/simulator/receivers/smtp-sink.ts';

const account = { user: 'watcher', password: 'p@ss/wörd' };
const MAIL = { from: 'restores@example.com', to: 'dba@example.com', subject: 'Hello', text: 'Hello there.' };

let sink: SmtpSink;
afterEach(() => sink.close());

async function send(mail: SendMailOptions = MAIL, options: object = {}) {
  const transport = createTransport({ url: sink.url, ...options });
  try {
    return await transport.sendMail(mail);
  } finally {
    transport.close();
  }
}

describe('mail from nodemailer', () => {
  it('is taken, with its envelope', async () => {
    sink = await startSmtpSink();
    await send({ ...MAIL, to: ['a@example.com', 'b@example.com'], bcc: 'c@example.com' });
    expect(sink.received).toMatchObject([
      {
        from: 'restores@example.com',
        to: ['a@example.com', 'b@example.com', 'c@example.com'],
        user: null,
        isEncrypted: false,
        mail: { subject: 'Hello', text: 'Hello there.\n' },
      },
    ]);
  });

  it('keeps lines that begin with dots', async () => {
    sink = await startSmtpSink();
    const text = '.\n..\n.hidden\nend.\n.';
    await send({ ...MAIL, text });
    expect(sink.received[0]?.mail.text.trimEnd()).toBe(text);
  });

  it('goes over one connection one by one', async () => {
    sink = await startSmtpSink();
    const transport = createTransport({ url: sink.url, pool: true, maxConnections: 1 } as object);
    const subjects = Array.from({ length: 20 }, (_, number) => `mail ${number}`);
    await Promise.all(subjects.map((subject) => transport.sendMail({ ...MAIL, subject })));
    transport.close();
    expect(sink.received.map(({ mail }) => mail.subject)).toEqual(subjects);
  });

  it('may have addresses beyond ASCII', async () => {
    sink = await startSmtpSink();
    await send({ ...MAIL, to: 'jürgen@example.com' });
    expect(sink.received[0]?.to).toEqual(['jürgen@example.com']);
  });

  it('is announced to whoever waits', async () => {
    sink = await startSmtpSink();
    const waiting = sink.waitFor(({ raw }) => raw.includes('Subject: Second'));
    await send();
    await send({ ...MAIL, subject: 'Second' });
    expect(await waiting).toBe(sink.received[1]);
  });
});

describe('a login', () => {
  it.each(['PLAIN', 'LOGIN'])('is taken by %s', async (authMethod) => {
    sink = await startSmtpSink(account);
    await send(MAIL, { authMethod });
    expect(sink.received).toMatchObject([{ user: account.user }]);
  });

  it('with another password is refused for good', async () => {
    sink = await startSmtpSink(account);
    const auth = { user: account.user, pass: 'old' };
    await expect(send(MAIL, { url: `smtp://127.0.0.1:${sink.port}`, auth })).rejects.toMatchObject({
      responseCode: 535,
    });
  });

  it('is demanded before a mail', async () => {
    sink = await startSmtpSink(account);
    await expect(send(MAIL, { url: `smtp://127.0.0.1:${sink.port}` })).rejects.toMatchObject({
      responseCode: 530,
    });
    expect(sink.received).toEqual([]);
  });
});

describe('encryption', () => {
  const fixtures = join(import.meta.dirname, '../../fixtures/tls');
  const key = readFileSync(join(fixtures, 'server-key.pem'));
  const cert = readFileSync(join(fixtures, 'server.pem'));
  const ca = readFileSync(join(fixtures, 'ca.pem'));

  it.each([
    ['by_starttls', 'smtp:'],
    ['at_once', 'smtps:'],
  ] as const)('can begin %s, with %s in the URL', async (begins, protocol) => {
    sink = await startSmtpSink({ ...account, tls: { key, cert, begins } });
    expect(new URL(sink.url).protocol).toBe(protocol);
    await send(MAIL, { requireTLS: true, tls: { ca } });
    expect(sink.received).toMatchObject([{ isEncrypted: true, user: account.user }]);
  });
});

describe('a scripted answer', () => {
  it.each([
    ['CONNECT', '421 4.3.2 Closing', 421],
    ['MAIL', '451 4.3.0 Try again later', 451],
    ['RCPT', '550 5.1.1 No such user', 550],
    ['MESSAGE', '421 4.3.2 Closing', 421],
    ['MESSAGE', '552 5.2.2 Mailbox full', 552],
  ] as const)('to %s reaches the sender: %s', async (stage, answer, responseCode) => {
    sink = await startSmtpSink();
    sink.answer(stage, answer, { times: 1 });
    await expect(send()).rejects.toMatchObject({ responseCode });
    expect(sink.received).toEqual([]);
    await send();
    expect(sink.received).toHaveLength(1);
  });

  it('may refuse one of the recipients', async () => {
    sink = await startSmtpSink();
    sink.answer('RCPT', (address) => (address === 'gone@example.com' ? '550 5.1.1 No such user' : null));
    const { rejected } = await send({ ...MAIL, to: ['gone@example.com', 'here@example.com'] });
    expect(rejected).toEqual(['gone@example.com']);
    expect(sink.received[0]?.to).toEqual(['here@example.com']);
  });

  it('stands until it is taken back', async () => {
    sink = await startSmtpSink();
    sink.answer('MAIL', '451 4.3.0 Try again later');
    await expect(send()).rejects.toThrow('451');
    await expect(send()).rejects.toThrow('451');
    sink.answer('MAIL', null);
    await send();
    expect(sink.received).toHaveLength(1);
  });

  it('can be a cut connection', async () => {
    sink = await startSmtpSink();
    sink.answer('MESSAGE', 'drop');
    await expect(send()).rejects.toThrow();
    expect(sink.received).toEqual([]);
  });

  it('can be silence', async () => {
    sink = await startSmtpSink();
    sink.answer('MESSAGE', 'hang');
    await expect(send(MAIL, { socketTimeout: 30 })).rejects.toThrow(/timeout/i);
  });
});

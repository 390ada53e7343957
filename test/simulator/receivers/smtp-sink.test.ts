import { connect } from 'node:net';
import { createTransport, type SendMailOptions } from 'nodemailer';
import { afterEach, describe, expect, it } from 'vitest';
import { readMail } from '../../../src/simulator/receivers/read-mail.ts';
import { startSmtpSink } from '../../../src/simulator/receivers/receivers.ts';
import type { SmtpSink } from '../../../src/simulator/receivers/smtp-sink.ts';

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

/** Speaks to the sink by hand: writes the lines at once and gives the replies up to the end of the connection. */
async function speak(lines: readonly string[]): Promise<string[]> {
  const socket = connect(sink.port, '127.0.0.1');
  socket.setEncoding('utf8');
  socket.write(`${lines.join('\r\n')}\r\n`);
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text.split('\r\n').filter((line) => line !== '');
}

describe('mail from nodemailer', () => {
  it('is taken, with its envelope', async () => {
    sink = await startSmtpSink();
    await send({ ...MAIL, to: ['a@example.com', 'b@example.com'], bcc: 'c@example.com' });
    const [mail] = sink.received;
    expect(mail).toMatchObject({
      from: 'restores@example.com',
      to: ['a@example.com', 'b@example.com', 'c@example.com'],
    });
    expect(readMail(mail!.raw)).toMatchObject({ subject: 'Hello', text: 'Hello there.\n' });
  });

  it('keeps lines that begin with dots', async () => {
    sink = await startSmtpSink();
    const text = '.\n..\n.hidden\nend.\n.';
    await send({ ...MAIL, text });
    expect(readMail(sink.received[0]!.raw).text.trimEnd()).toBe(text);
  });

  it('goes over one connection one by one', async () => {
    sink = await startSmtpSink();
    const transport = createTransport({ url: sink.url, pool: true, maxConnections: 1 } as object);
    const subjects = Array.from({ length: 20 }, (_, number) => `mail ${number}`);
    await Promise.all(subjects.map((subject) => transport.sendMail({ ...MAIL, subject })));
    transport.close();
    expect(sink.received.map(({ raw }) => readMail(raw).subject)).toEqual(subjects);
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
    expect(sink.received).toHaveLength(1);
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

  it('can be cancelled, and then begun again', async () => {
    sink = await startSmtpSink({ user: 'u', password: 'p' });
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const replies = await speak([
      'EHLO me',
      'AUTH LOGIN',
      '*',
      'AUTH PLAIN',
      base64('\0u\0p'),
      'AUTH PLAIN x',
      'QUIT',
    ]);
    expect(replies.slice(-6).map((line) => line.slice(0, 3))).toEqual([
      '334',
      '501',
      '334',
      '235',
      '503',
      '221',
    ]);
  });
});

describe('a scripted answer', () => {
  it.each([
    ['CONNECT', '421 4.3.2 Closing', 421],
    ['MAIL', '451 4.3.0 Try again later', 451],
    ['RCPT', '550 5.1.1 No such user', 550],
    ['DATA', '421 4.3.2 Closing', 421],
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
    sink.answer('RCPT', (argument) => (argument.includes('gone@') ? '550 5.1.1 No such user' : null));
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
    sink.answer('DATA', 'hang');
    await expect(send(MAIL, { socketTimeout: 30 })).rejects.toThrow(/timeout/i);
  });
});

describe('the order of commands', () => {
  it('is demanded', async () => {
    sink = await startSmtpSink();
    const replies = await speak([
      'MAIL FROM:<a@example.com>',
      'HELO me',
      'RCPT TO:<b@example.com>',
      'DATA',
      'AUTH PLAIN x',
      'MAIL TO:<a@example.com>',
      'MAIL FROM:<a@example.com> SIZE=99999999',
      'MAIL FROM:<a@example.com>',
      'MAIL FROM:<a@example.com>',
      'DATA',
      'RCPT TO:nobody',
      'RSET',
      'RCPT TO:<b@example.com>',
      'noop',
      'HELP',
      'QUIT',
    ]);
    expect(replies.map((line) => line.slice(0, 3)).join(' ')).toBe(
      '220 503 250 503 503 502 501 552 250 503 554 501 250 503 250 500 221',
    );
  });

  it('may be sent in one go, as PIPELINING allows', async () => {
    sink = await startSmtpSink();
    const replies = await speak([
      'EHLO me',
      'MAIL FROM:<a@example.com>',
      'RCPT TO:<b@example.com>',
      'DATA',
      'Subject: one',
      '',
      '..dot',
      '.',
      'QUIT',
    ]);
    expect(replies).toContain('250-PIPELINING');
    expect(replies.at(-2)).toBe('250 2.0.0 Ok: taken');
    expect(sink.received[0]?.raw).toBe('Subject: one\r\n\r\n.dot\r\n');
  });
});

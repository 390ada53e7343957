import { simpleParser } from 'mailparser';
import { createTransport, type SendMailOptions } from 'nodemailer';
import { describe, expect, it } from 'vitest';
import { readMail } from '../../../src/simulator/receivers/read-mail.ts';

async function compose(mail: SendMailOptions): Promise<string> {
  const transport = createTransport({ streamTransport: true, buffer: true });
  const { message } = await transport.sendMail({ from: 'a@example.com', to: 'b@example.com', ...mail });
  return String(message);
}

const LONG = 'A sentence that goes on and on, well beyond the width of a mail. '.repeat(4);

describe('a mail is read as mailparser reads it', () => {
  it.each<[string, SendMailOptions]>([
    ['plain ASCII', { subject: 'Hello', text: 'Hello there.\n\nBye.\n' }],
    ['long lines', { subject: LONG, text: `${LONG}\n\n${LONG}` }],
    ['other letters', { subject: 'Größe → 6748…0a2b ✖', text: 'Wiederherstellung läuft — größer als 3 €\n' }],
    ['letters beyond the plane', { subject: '🟢'.repeat(40), text: '🔴 🟠 🟢\n'.repeat(30) }],
    ['a subject in another script', { subject: 'Восстановление завершено '.repeat(6), text: 'Готово' }],
    ['base64', { subject: 'b', text: 'naïve text\n', textEncoding: 'base64' }],
    ['quoted-printable', { subject: 'q', text: 'a=b \t\nnaïve  \n.dot\n', textEncoding: 'quoted-printable' }],
    ['text and HTML', { subject: 's', text: 'The text ✓\n', html: '<p>The <b>text</b> ✓</p>' }],
    [
      'an attachment in front of nothing',
      {
        subject: 's',
        text: 'Seen',
        html: '<p>Seen</p>',
        attachments: [{ filename: 'a.txt', content: 'not seen' }],
      },
    ],
    [
      'a thread',
      {
        subject: 's',
        text: 't',
        messageId: '<1@example.com>',
        inReplyTo: '<0@example.com>',
        references: ['<0@example.com>', '<00@example.com>'],
      },
    ],
    ['nothing', {}],
  ])('%s', async (_, mail) => {
    const raw = await compose(mail);
    const ours = readMail(raw);
    const theirs = await simpleParser(raw, { skipHtmlToText: true, skipTextToHtml: true });
    expect(ours.subject).toBe(theirs.subject ?? '');
    expect(ours.messageId).toBe(theirs.messageId ?? '');
    expect(ours.inReplyTo).toBe(theirs.inReplyTo ?? '');
    expect(ours.references).toEqual([theirs.references ?? []].flat());
    expect(ours.text.trimEnd()).toBe((theirs.text ?? '').trimEnd());
    expect(ours.html.trimEnd()).toBe((theirs.html || '').trimEnd());
  });

  it.each([
    [
      'a character cut in two between encoded words',
      'Subject: =?utf-8?B?4oI=?=\r\n =?utf-8?B?rA==?= and =?utf-8?q?more_?= text',
    ],
    ['words in different charsets', 'Subject: =?iso-8859-1?Q?caf=E9?= =?utf-8?Q?_=E2=82=AC?='],
    ['a header that is repeated', 'Subject: first\r\nSubject: second'],
  ])('%s', async (_, head) => {
    const raw = `${head}\r\n\r\ntext`;
    const theirs = await simpleParser(raw);
    const { subject } = readMail(raw);
    // mailparser takes the last of repeated headers; a reader sees the first.
    expect(subject).toBe(head.includes('second') ? 'first' : theirs.subject);
  });

  it.each([
    [
      'flowed text',
      'Content-Type: text/plain; charset=utf-8; format=flowed\r\n\r\nOne line \r\nthat goes on\r\n and an indented one\r\n-- \r\nme',
    ],
    [
      'an old charset',
      'Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\ncaf=E9',
    ],
    [
      'nested multiparts',
      'Content-Type: multipart/mixed; boundary=a\r\n\r\nbefore\r\n--a\r\nContent-Type: multipart/alternative; boundary="b b"\r\n\r\n--b b\r\nContent-Type: text/plain\r\n\r\ninside\r\n--b b\r\nContent-Type: text/html\r\n\r\n<p>inside</p>\r\n--b b--\r\n--a--\r\nafter',
    ],
  ])('%s', async (_, raw) => {
    const theirs = await simpleParser(raw, { skipHtmlToText: true, skipTextToHtml: true });
    expect(readMail(raw).text).toBe(theirs.text);
  });
});

it('reads an unknown charset as well as it can', () => {
  const raw =
    'Content-Type: text/plain; charset=martian\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=';
  expect(readMail(raw).text).toBe('hello');
});

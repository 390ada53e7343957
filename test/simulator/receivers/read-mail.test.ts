import { createTransport, type SendMailOptions } from 'nodemailer';
import { describe, expect, it } from 'vitest';
import { readMail } from '../../../src/simulator/receivers/read-mail.ts';

async function compose(mail: SendMailOptions): Promise<Buffer> {
  const transport = createTransport({ streamTransport: true, buffer: true });
  const { message } = await transport.sendMail({ from: 'a@example.com', to: 'b@example.com', ...mail });
  return message as Buffer;
}

const LONG = 'A sentence that goes on and on, well beyond the width of a mail. '.repeat(4).trim();

describe('a mail is read as it was written', () => {
  it.each<[string, { subject: string; text: string; html?: string }]>([
    ['in plain ASCII', { subject: 'Hello', text: 'Hello there.\n\nBye.' }],
    ['in long lines', { subject: LONG, text: `${LONG}\n\n${LONG}` }],
    [
      'in other letters',
      { subject: 'Größe → 6748…0a2b ✖', text: 'Wiederherstellung läuft — größer als 3 €' },
    ],
    ['in letters beyond the plane', { subject: '🟢'.repeat(40), text: '🔴 🟠 🟢\n'.repeat(30).trim() }],
    ['in text and HTML', { subject: 's', text: 'The text ✓', html: '<p>The <b>text</b> ✓</p>' }],
  ])('%s', async (_, mail) => {
    const { subject, text, html } = await readMail(await compose(mail));
    expect({ subject, text: text.trimEnd(), html: html.trimEnd() }).toEqual({ html: '', ...mail });
  });

  it('with its place in the thread', async () => {
    const references = ['<0@example.com>', '<00@example.com>'];
    const raw = await compose({
      text: 't',
      messageId: '<1@example.com>',
      inReplyTo: '<0@example.com>',
      references,
    });
    expect(await readMail(raw)).toMatchObject({
      messageId: '<1@example.com>',
      inReplyTo: '<0@example.com>',
      references,
    });
  });

  it('with empty texts for what is not there', async () => {
    expect(await readMail(Buffer.from('Date: today\r\n\r\n'))).toEqual({
      headers: { date: 'today' },
      ...{ subject: '', messageId: '', inReplyTo: '', references: [], text: '', html: '' },
    });
  });
});

it('decodes every header, and takes the first of those that are repeated', async () => {
  const raw = Buffer.from('Subject: first\r\nX-Name: =?utf-8?q?caf=C3=A9?=\r\nSubject: second\r\n\r\ntext');
  expect(await readMail(raw)).toMatchObject({
    subject: 'first',
    headers: { subject: 'first', 'x-name': 'café' },
  });
});

import { wellFormedJson } from '../domain/well-formed.ts';
import type { Mail } from './email/message.ts';
import type { Preview } from './notifier.ts';

/** What is sent as JSON is looked at as JSON. */
export function jsonPreview(content: unknown): Preview {
  return { content, text: wellFormedJson(content, 2) };
}

/** A mail as a person would look at it: what matters of the header, and the text part. The HTML part is in `content`. */
export function mailPreview(mail: Mail): Preview {
  const headers: Array<[name: string, value: string]> = [
    ['From', mail.from],
    ['To', mail.to.join(', ')],
    ['Subject', mail.subject],
    ['Message-ID', mail.messageId],
    ['In-Reply-To', mail.inReplyTo],
    ['References', mail.references],
    ['Priority', mail.priority],
    ...Object.entries(mail.headers),
  ];
  const head = headers.map(([name, value]) => `${name}: ${value}`);
  return { content: mail, text: [...head, '', mail.text].join('\n') };
}

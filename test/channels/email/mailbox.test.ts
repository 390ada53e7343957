import { describe, expect, it } from 'vitest';
import { quotedMailbox } from '../../../src/channels/email/mailbox.ts';
import { bareAddresses } from '../../../src/channels/email/mailer.ts';

describe('an address as people write it', () => {
  it.each([
    ['Alert: Restores <a@b>', '"Alert: Restores" <a@b>'],
    ['O"Neil: Restores <a@b>', String.raw`"O\"Neil: Restores" <a@b>`],
    ['Restores "prod" <a@b>', String.raw`"Restores \"prod\"" <a@b>`],
    ['Restores (prod) <a@example.com>', '"Restores (prod)" <a@example.com>'],
    ['Restores, DB <a@example.com>', '"Restores, DB" <a@example.com>'],
    ['Team; night <a@example.com>', '"Team; night" <a@example.com>'],
    ['C:\\restores <a@example.com>', '"C:\\\\restores" <a@example.com>'],
    ['DBA @ night <a@example.com>', '"DBA @ night" <a@example.com>'],
    ['  Müller: Käse   <a@example.com> ', '"Müller: Käse" <a@example.com>'],
  ])('%s has its name quoted', (text, quoted) => {
    expect(quotedMailbox(text)).toBe(quoted);
    expect(bareAddresses([text])).toHaveLength(1);
  });

  it.each([
    'a@example.com',
    '<a@example.com>',
    'Restores <a@example.com>',
    '"Alert: Restores" <a@example.com>',
    'a@example.com, Alert: Restores <b@example.com>',
    'Team: a@example.com, Night <b@example.com>',
  ])('%s stays as it is', (text) => {
    expect(quotedMailbox(text)).toBe(text);
  });

  it('is a bare address in an envelope, each once', () => {
    expect(
      bareAddresses(['Alert: Restores <a@Example.com>', 'b@example.com, c@example.com', 'A <a@example.com>']),
    ).toEqual(['a@example.com', 'b@example.com', 'c@example.com']);
  });
});

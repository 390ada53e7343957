import { describe, expect, it } from 'vitest';
import { redactTexts } from '../../src/domain/redact-texts.ts';
import { anEvent, jobSubjectOf } from '../support/builders.ts';

const redact = (text: string) => text.replaceAll('secret', '***');

describe('texts of a record', () => {
  it('lose their secrets, wherever they stand', () => {
    const audit = [{ detail: 'a secret', issues: [{ path: 'x', message: 'secret!' }], tries: 3, none: null }];
    expect(redactTexts(audit, redact)).toEqual([
      { detail: 'a ***', issues: [{ path: 'x', message: '***!' }], tries: 3, none: null },
    ]);
  });

  it('stay what things go by: a watch that is called like a password is still found', () => {
    const event = anEvent('failed', { summary: 'secret failed', note: 'secret' });
    const subject = { ...jobSubjectOf(event), watch: 'secret', labels: { team: 'secret' } };
    const clean = redactTexts({ ...event, subject }, redact);
    expect(clean).toEqual({ ...event, subject, summary: '*** failed', note: '***' });
    const ids = { eventId: 'secret', ids: ['secret'], targetKey: 'secret', channel: 'secret' };
    expect(redactTexts(ids, redact)).toBe(ids);
  });

  it('are the same object when there is nothing to take out, and maps pass as they are', () => {
    const planned = { event: anEvent(), heldUntil: new Map([['secret', 1]]) };
    expect(redactTexts(planned, redact)).toBe(planned);
  });
});

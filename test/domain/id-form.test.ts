import { describe, expect, it } from 'vitest';
import { fitsId, parseDeliveryId, parseJobId } from '../../src/domain/id-form.ts';
import { TEN_FORMS, WANTED } from '../support/id-forms.ts';

describe('the id of a job', () => {
  it.each(TEN_FORMS)('is understood as %s', (text) => {
    const form = parseJobId(text);
    expect(form && fitsId(form, WANTED)).toBe(true);
    expect(form && fitsId(form, WANTED.replace(/^6b0a1/, '6b0b1'))).toBe(false);
  });

  it('is understood at the end of a sentence, and with nothing behind what is left out', () => {
    expect(parseJobId('Restore 6b0a…005b.')).toEqual({ head: '6b0a', tail: '005b', watch: null });
    expect(parseJobId('6b0a1c...')).toEqual({ head: '6b0a1c', tail: '', watch: null });
  });

  it('is understood with the watch in front of it, which is remembered', () => {
    expect(parseJobId('orders/6b0a…005b')).toEqual({ head: '6b0a', tail: '005b', watch: 'orders' });
  });

  it.each(['', '6b0', '…005b', '6b0…005b', 'x!', 'orders-copy is done', '--json'])(
    'is not read out of %j',
    (text) => {
      expect(parseJobId(text)).toBeNull();
    },
  );

  it('fits no id that is shorter than what is given of it', () => {
    expect(fitsId({ head: '6b0a', tail: '0a1' }, '6b0a1')).toBe(false);
  });
});

describe('the id of a delivery', () => {
  it('keeps the channel as it is written', () => {
    expect(parseDeliveryId('`0198…:On-Call`')).toEqual({ head: '0198', tail: ':On-Call', watch: null });
    expect(parseDeliveryId('019')).toBeNull();
  });
});

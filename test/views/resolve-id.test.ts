import { describe, expect, it } from 'vitest';
import { AmbiguousId, resolveDeliveryId, resolveJobId } from '../../src/views/resolve-id.ts';
import { aJob, anEvent, anObservation } from '../support/builders.ts';
import { TEN_FORMS, WANTED } from '../support/id-forms.ts';
import { readingStore, recorded } from '../support/reading-store.ts';

const OTHER = '6b0a99999999999999990001';
const seen = (id: string, watch = 'orders') => anObservation(aJob([], { id }), { watch });
const store = readingStore({
  observations: [seen(WANTED), seen(WANTED, 'all'), seen(OTHER, 'billing')],
  events: [
    recorded({ ...anEvent('failed'), id: '0198aaaa-1' }, [{ channel: 'oncall' }, { channel: 'dba' }]),
    recorded({ ...anEvent('failed'), id: '0198bbbb-1' }, [{ channel: 'oncall' }]),
  ],
});

describe('a job', () => {
  it.each(TEN_FORMS)('is found by %s', async (text) => {
    expect(await resolveJobId(store, text)).toBe(WANTED);
  });

  it('is not guessed where several may be meant: they are named, with what tells them apart', async () => {
    const fault: unknown = await resolveJobId(store, '6b0a').catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(AmbiguousId);
    expect(fault).toMatchObject({
      message: '6b0a may be one of 2 jobs',
      candidates: [
        { id: OTHER, about: 'watch billing: orders → orders-copy in_progress' },
        { id: WANTED, about: 'watch orders, all: orders → orders-copy in_progress' },
      ],
    });
  });

  it('is the one of the watch that is named in front of it', async () => {
    expect(await resolveJobId(store, 'billing/6b0a')).toBe(OTHER);
    expect(await resolveJobId(store, 'orders/6b0a')).toBe(WANTED);
  });

  it('is not guessed where others with that beginning were not looked at, whatever the watch', async () => {
    const one = { ...store, findJobIds: async () => ({ ids: [WANTED], isComplete: false }) };
    const fault: unknown = await resolveJobId(one, '6b0a…1').catch((error: unknown) => error);
    expect(fault).toMatchObject({
      message: '6b0a…1 may be one of more than 1 jobs',
      candidates: [{ id: WANTED }],
    });
    const many = readingStore({
      observations: Array.from({ length: 20 }, (_, index) =>
        seen(`6b0a${String(99 - index).padStart(20, '0')}`, index === 3 || index === 19 ? 'rare' : 'orders'),
      ),
    });
    await expect(resolveJobId(many, 'rare/6b0a')).rejects.toBeInstanceOf(AmbiguousId);
  });

  it('comes back as it was given where it is not on record', async () => {
    expect(await resolveJobId(store, '7777')).toBe('7777');
    expect(await resolveJobId(store, '7777...1')).toBe('7777…1');
    await expect(resolveJobId(store, 'x!')).rejects.toThrow('x! is not the id of a restore job');
  });
});

describe('a delivery', () => {
  it('is not guessed where others with that beginning were not looked at', async () => {
    const one = { ...store, findDeliveryIds: async () => ({ ids: ['0198bbbb-1:dba'], isComplete: false }) };
    await expect(resolveDeliveryId(one, '0198…:dba')).rejects.toBeInstanceOf(AmbiguousId);
  });

  it('is found by its beginning, or by both its ends', async () => {
    expect(await resolveDeliveryId(store, '0198bbbb')).toBe('0198bbbb-1:oncall');
    expect(await resolveDeliveryId(store, '0198…:dba')).toBe('0198aaaa-1:dba');
    await expect(resolveDeliveryId(store, '0198…:oncall')).rejects.toThrow('may be one of 2 deliveries');
  });
});

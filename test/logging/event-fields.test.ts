import { expect, it } from 'vitest';
import { eventFields } from '../../src/logging/event-fields.ts';
import { anEvent, jobId } from '../support/builders.ts';

it('names watch and job of an event, or the channel that it is about', () => {
  expect(eventFields(anEvent('failed', { id: 'one' }))).toEqual({
    ...{ watch: 'orders', jobId: jobId(1), event: 'failed', eventId: 'one' },
  });
  expect(eventFields(anEvent('watch_failing', { id: 'two' }))).toEqual({
    ...{ watch: 'orders', event: 'watch_failing', eventId: 'two' },
  });
  expect(eventFields(anEvent('channel_failing', { id: 'three' }))).toEqual({
    ...{ about: 'chat', event: 'channel_failing', eventId: 'three' },
  });
});

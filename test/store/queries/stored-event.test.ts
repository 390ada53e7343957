import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EVENT_NAMES, kindOf, type WatcherEvent } from '../../../src/domain/event/event.ts';
import { flatSubject } from '../../../src/domain/event/flat-subject.ts';
import type { StoreError } from '../../../src/errors.ts';
import { toBody, toEvent } from '../../../src/store/queries/stored-event.ts';
import { anEvent } from '../../support/builders.ts';

/** Bodies as they stand in databases of before there were subjects, written by the program of then. */
const FIRST_FORM = readFileSync(
  new URL('../../fixtures/stored-events/first-form.jsonl', import.meta.url),
  'utf8',
)
  .trimEnd()
  .split('\n');

type Body = Record<string, unknown> & Pick<WatcherEvent, 'name' | 'test' | 'reminder'>;

function flat({ subject, ...event }: WatcherEvent): Record<string, unknown> {
  return { ...event, ...flatSubject(subject) };
}

describe('an event read back', () => {
  it.each(EVENT_NAMES)('of %s is as it was written', (name) => {
    const event = anEvent(name);
    expect(toEvent(toBody(event))).toEqual(event);
  });

  it.each(
    FIRST_FORM.map((body): [string, string] => {
      const { name, test, reminder } = JSON.parse(body) as Body;
      return [`${name}${test ? ' (sample)' : ''}${reminder ? ' (reminder)' : ''}`, body];
    }),
  )('of %s says after an upgrade all that it said before', (_, body) => {
    expect(flat(toEvent(body))).toEqual({
      drill: null,
      expectedEnd: null,
      reminder: null,
      place: null,
      ...JSON.parse(body),
    });
  });

  it('of before the upgrade is about what its name tells', () => {
    const events = FIRST_FORM.map((body) => toEvent(body)).filter(({ test }) => !test);
    expect(new Set(events.map(({ name }) => name)).size).toBe(14);
    for (const { name, subject } of events) expect([name, subject.kind]).toEqual([name, kindOf(name).about]);
  });

  it('about a channel names the channel, whatever it is called', () => {
    const source = '/channels/dba team/ä?';
    const body = JSON.stringify({ ...flat(anEvent('channel_failing')), source });
    expect(toEvent(body).subject).toEqual({ kind: 'channel', channel: 'dba team/ä?' });
  });

  it('keeps apart where the watch polls and what the job calls its instance', () => {
    const body = JSON.stringify({ ...flat(anEvent('failed')), source: '/groups/5f/legacy/a/b c' });
    expect(toEvent(body).subject).toMatchObject({
      instance: { groupId: '5f', kind: 'legacy', instanceName: 'a/b c' },
      job: { instanceName: 'orders' },
    });
  });

  it.each(['', 'null', '{"v":2}', '{"id":"1","name":"failed"}', '{"id":"1","name":"failed","source":"/x"}'])(
    'is damaged when it is %s',
    (body) => {
      expect(() => toEvent(body)).toThrow(expect.objectContaining({ reason: 'damaged' }) as StoreError);
    },
  );
});

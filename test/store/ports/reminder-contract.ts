import { describe, expect, it } from 'vitest';
import type { PlannedEvent } from '../../../src/domain/event/plan.ts';
import type { DueReminder } from '../../../src/domain/telling/due-reminder.ts';
import type { ReminderPlan } from '../../../src/domain/telling/reminder.ts';
import type { Store } from '../../../src/store/store.ts';
import {
  aJob,
  aMuteRequest,
  anEvent,
  anObservation,
  HOUR,
  jobId,
  MINUTE,
  T0,
} from '../../support/builders.ts';
import { aCommit, anImpossibleDraft, plan } from '../support.ts';

const NOTHING: ReminderPlan = { events: [], audit: [], next: [], ended: [] };

/** What every store does with reminders. */
export function reminderContract(store: () => Store): void {
  const remind = (number: number, over: Partial<PlannedEvent> = {}): PlannedEvent => ({
    ...plan(number, { name: 'stalled' }),
    reminders: [{ channel: 'oncall', everyMs: HOUR }],
    ...over,
  });
  const commit = (at: number, ...events: PlannedEvent[]) => store().commitPoll(aCommit({ at, events }));
  const idOf = (number: number) => plan(number).event.id;

  /** What is due, by a look that changes nothing unless it is told to. */
  async function dueAt(
    at: number,
    decide: (due: readonly DueReminder[]) => Partial<ReminderPlan> = () => ({}),
  ): Promise<DueReminder[]> {
    const found: DueReminder[] = [];
    await store().remind({ at, limit: 99 }, ({ due }) => {
      found.push(...due);
      return { ...NOTHING, ...decide(due) };
    });
    return found;
  }
  const idsDueAt = async (at: number) => (await dueAt(at)).map(({ first }) => first.id);

  describe('reminders', () => {
    it('are due so long after the event, channel by channel, the longest due first', async () => {
      const both = [
        { channel: 'oncall', everyMs: HOUR },
        { channel: 'dba', everyMs: MINUTE },
      ];
      await commit(T0, remind(1, { reminders: both }), remind(2, { reminders: [] }), plan(3));
      expect(await dueAt(T0 + MINUTE - 1)).toEqual([]);
      expect(await dueAt(T0 + MINUTE)).toMatchObject([
        { first: { id: idOf(1), name: 'stalled' }, channel: 'dba', count: 0 },
      ]);
      expect((await dueAt(T0 + HOUR)).map(({ channel }) => channel)).toEqual(['dba', 'oncall']);
    });

    it('are kept of an event that tells nobody at once', async () => {
      await commit(T0, remind(1, { channels: [], suppressed: 'muted' }));
      expect(await idsDueAt(T0 + HOUR)).toEqual([idOf(1)]);
    });

    it('come with an alert as well, and once however often it is committed', async () => {
      const alert = remind(1);
      for (const at of [T0, T0 + 1]) {
        await store().commitAlerts({ at, raise: [], clear: [], events: [alert], audit: [] });
      }
      expect(await idsDueAt(T0 + HOUR)).toEqual([idOf(1)]);
    });

    it('are no more than asked for at one look', async () => {
      await commit(T0, remind(1), remind(2), remind(3));
      const seen: number[] = [];
      await store().remind({ at: T0 + HOUR, limit: 2 }, ({ due }) => {
        seen.push(due.length);
        return NOTHING;
      });
      expect(seen).toEqual([2]);
    });

    it('come with what is known of the job at that moment', async () => {
      await store().commitPoll(
        aCommit({
          events: [remind(1)],
          observations: [anObservation(), anObservation(aJob([], { id: jobId(7) }))],
        }),
      );
      await store().commitPoll(aCommit({ observations: [anObservation(aJob(['failed']))] }));
      expect(await dueAt(T0 + HOUR)).toMatchObject([{ observation: { jobId: jobId(1), state: 'failed' } }]);
      await commit(T0, remind(2, plan(2, { job: 3 })));
      expect((await dueAt(T0 + HOUR))[1]).toMatchObject({ observation: null });
    });

    it('come with the alert that they are about, and the last restore where that matters', async () => {
      const about = (name: 'watch_failing' | 'channel_failing' | 'drill_overdue') => ({
        ...remind(0),
        event: anEvent(name, { id: name, channel: 'siem' }),
      });
      await store().commitAlerts({
        at: T0,
        raise: ['watch_failing/orders', 'channel_failing/siem'],
        clear: [],
        events: [about('watch_failing'), about('channel_failing'), about('drill_overdue')],
        audit: [],
      });
      await store().commitPoll(aCommit({ observations: [anObservation(aJob(['finished']))] }));
      const facts = (await dueAt(T0 + HOUR)).map(({ first, raisedAt, lastFinishedAt }) => [
        first.name,
        raisedAt,
        lastFinishedAt,
      ]);
      expect(facts.sort()).toEqual([
        ['channel_failing', T0, null],
        ['drill_overdue', null, T0 + 14 * MINUTE],
        ['watch_failing', T0, null],
      ]);
    });

    it('know whether something about the same job or watch is still owed to the channel', async () => {
      await commit(T0, remind(1));
      await commit(T0, remind(2, { channels: ['dba'], event: anEvent('watch_failing', { id: 'w' }) }));
      const owed = async () =>
        (await dueAt(T0 + HOUR)).map(({ first, isStillOwed }) => [first.name, isStillOwed]).sort();
      expect(await owed()).toEqual([
        ['stalled', true],
        ['watch_failing', false],
      ]);
      const outcome = { id: `${idOf(1)}:oncall`, kind: 'delivered', at: T0 + 1, detail: 'ok' } as const;
      await store().recordOutcomes([outcome], []);
      expect(await owed()).toEqual([
        ['stalled', false],
        ['watch_failing', false],
      ]);
    });

    it('come with the mutes in force', async () => {
      await commit(T0, remind(1));
      await store().addMute(aMuteRequest({ until: T0 + 2 * HOUR }));
      const seen: number[] = [];
      for (const at of [T0 + HOUR, T0 + 2 * HOUR]) {
        await store().remind({ at, limit: 9 }, ({ mutes }) => {
          seen.push(mutes.length);
          return NOTHING;
        });
      }
      expect(seen).toEqual([1, 0]);
    });

    it('are told, written down and moved on in one', async () => {
      await commit(T0, remind(1));
      const told = plan(9, { name: 'stalled', reminder: { number: 1, since: T0 }, channels: ['oncall'] });
      const events = await store().remind({ at: T0 + HOUR, limit: 9 }, () => ({
        events: [told],
        audit: [{ at: T0 + HOUR, kind: 'reminder.sent', data: {} }],
        next: [{ eventId: idOf(1), channel: 'oncall', count: 1, waitMs: 2 * HOUR }],
        ended: [],
      }));
      expect(events).toEqual([told]);
      const [delivery] = (await store().listDeliveries({ channel: 'oncall', limit: 1 })).items;
      expect(delivery).toMatchObject({ status: 'pending', event: { reminder: { number: 1, since: T0 } } });
      expect(await store().readAudit(0, 9)).toMatchObject([{ kind: 'reminder.sent' }]);
      expect(await dueAt(T0 + 3 * HOUR - 1)).toEqual([]);
      expect(await dueAt(T0 + 3 * HOUR)).toMatchObject([{ count: 1 }]);
    });

    it('are as they were when one part of that fails', async () => {
      await commit(T0, remind(1));
      const looking = store().remind({ at: T0 + HOUR, limit: 9 }, () => ({
        events: [plan(9)],
        audit: [anImpossibleDraft()],
        next: [{ eventId: idOf(1), channel: 'oncall', count: 1, waitMs: HOUR }],
        ended: [],
      }));
      await expect(looking).rejects.toThrow();
      expect(await dueAt(T0 + HOUR)).toMatchObject([{ count: 0 }]);
      expect((await store().listEvents({ limit: 9 })).items).toHaveLength(1);
    });

    it('are gone once they are over', async () => {
      await commit(T0, remind(1), remind(2));
      await dueAt(T0 + HOUR, () => ({ ended: [{ eventId: idOf(1), channel: 'oncall' }] }));
      expect(await idsDueAt(T0 + 9 * HOUR)).toEqual([idOf(2)]);
    });

    it('wait for no time that a clock far ahead has set', async () => {
      await commit(T0 + 24 * HOUR, remind(1));
      expect(await idsDueAt(T0)).toEqual([idOf(1)]);
      await dueAt(T0, () => ({ next: [{ eventId: idOf(1), channel: 'oncall', count: 1, waitMs: HOUR }] }));
      expect(await idsDueAt(T0 + MINUTE)).toEqual([]);
      expect(await idsDueAt(T0 + HOUR)).toEqual([idOf(1)]);
    });
  });
}

import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { createEventHub, type EventHub } from '../../../src/http/live/event-hub.ts';
import type { Stream } from '../../../src/http/live/stream.ts';
import { plan } from '../../store/support.ts';
import { PATIENCE_MS } from '../../support/patience.ts';

const WISH = { watch: undefined, event: undefined, all: false };
const patient = { timeout: PATIENCE_MS };

/** A record whose end can be held back while it is asked for. */
function aRecord(places: number) {
  const record = { places, beforeAnswer: async () => {}, asked: 0 };
  return {
    record,
    store: {
      lastPlace: async () => {
        record.asked += 1;
        const last = record.places;
        await record.beforeAnswer();
        return last;
      },
      eventsAfter: async (place: number, limit: number) =>
        Array.from({ length: Math.max(0, Math.min(limit, record.places - place)) }, (_, index) => ({
          place: place + index + 1,
          event: plan(place + index + 1).event,
        })),
    },
  };
}

/** Someone who listens from a place on. */
function listenAt(hub: EventHub, place: number): string[] {
  const heard: string[] = [];
  const stream: Stream = {
    send: (_event, _data, id) => void heard.push(id ?? ''),
    pass: () => {},
    onGone: () => {},
    hasRoom: async () => true,
    end: () => {},
  };
  hub.join(place, WISH, stream);
  return heard;
}

function aHub(store: Parameters<typeof createEventHub>[0]['store']) {
  let tell = (): void => {};
  const hub = createEventHub({
    store,
    onChange: (listener) => {
      tell = listener;
      return () => {};
    },
    onOutcome: () => {},
    publicUrl: () => null,
    clock: systemClock,
  });
  onTestFinished(() => hub.close());
  return { hub, tell: () => tell() };
}

const idsTo = (last: number): string[] =>
  Array.from({ length: last }, (_, index) => plan(index + 1).event.id);

describe('those that listen to events', () => {
  it('hear while events come without a pause', async () => {
    const { record, store } = aRecord(0);
    const { hub, tell } = aHub(store);
    const heard = listenAt(hub, 0);
    await expect.poll(() => record.asked, patient).toBeGreaterThan(0);
    // A signal every 5 ms, for much less than a second: without them the next look would come after that.
    let signals = 0;
    const steady = setInterval(() => {
      record.places += 1;
      signals += 1;
      tell();
    }, 5);
    onTestFinished(() => clearInterval(steady));
    await expect.poll(() => heard.length, { ...patient, interval: 5 }).toBeGreaterThan(0);
    // Not only once they had come to an end.
    const before = heard.length;
    await expect.poll(() => heard.length, { ...patient, interval: 5 }).toBeGreaterThan(before);
    expect(heard).toEqual(idsTo(heard.length));
    expect(signals).toBeGreaterThan(0);
  });

  it('hear nothing twice when they read past the end that a look has found', async () => {
    const { record, store } = aRecord(3);
    const { hub, tell } = aHub(store);
    const ahead = listenAt(hub, 0);
    await expect.poll(() => ahead.length, patient).toBe(3);
    // A look asks for the end, 3; before it has the answer, five more are recorded, and somebody else reads on to 8.
    const asked = record.asked;
    let answer = (): void => {};
    record.beforeAnswer = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    tell();
    await expect.poll(() => record.asked, patient).toBe(asked + 1);
    record.places = 8;
    record.beforeAnswer = async () => {};
    const late = listenAt(hub, 8);
    answer();
    tell();
    await expect.poll(() => ahead.length, patient).toBe(8);
    await expect.poll(() => record.asked, patient).toBeGreaterThan(asked + 2);
    expect(late).toEqual([]);
    expect(ahead).toEqual(idsTo(8));
  });

  it('go on from the end of a record that was put back', async () => {
    const { record, store } = aRecord(5);
    const { hub } = aHub(store);
    const heard = listenAt(hub, 5);
    await expect.poll(() => record.asked, patient).toBeGreaterThan(0);
    const asked = record.asked;
    record.places = 2;
    await expect.poll(() => record.asked, patient).toBeGreaterThan(asked + 1);
    record.places = 3;
    await expect.poll(() => heard, patient).toEqual([plan(3).event.id]);
  });
});

import { expect, it } from 'vitest';
import { readFeeds } from '../../src/diagnosis/feeds.ts';
import { SourceError } from '../../src/errors.ts';
import { aWatch, T0 } from '../support/builders.ts';
import { createFakeSource } from '../support/fake-source.ts';

const fleet = aWatch({ kind: 'cluster', apiVersion: 'v2', groupId: '*', instanceName: '*' });
const ASKS = new Map([
  ['a', 3],
  ['b', 2],
  ['c', 40],
]);

function lookAt(source = createFakeSource(), watch = fleet, signal = new AbortController().signal) {
  return readFeeds(watch, ASKS, { source, now: T0, signal, isUrgent: true });
}

it('reads the feeds of the projects that have instances enough, and tells why one cannot be read', async () => {
  const source = createFakeSource();
  source.readFeed = async (groupId) => {
    if (groupId === 'c') throw new SourceError('refused', 'may not', { hint: 'Ask.' });
    return [];
  };
  expect(await lookAt(source)).toEqual([
    { groupId: 'a', fault: null, hint: null },
    { groupId: 'c', fault: 'may not', hint: 'Ask.' },
  ]);
});

it('asks nothing for a watch that no feed can help', async () => {
  const source = createFakeSource();
  expect(await lookAt(source, { ...fleet, hint: 'off' })).toEqual([]);
  expect(source.feedsRead).toBe(0);
});

it('ends when it is told to', async () => {
  const stop = new AbortController();
  const source = createFakeSource();
  source.readFeed = async () => {
    stop.abort(new Error('enough'));
    throw new Error('cut short');
  };
  await expect(lookAt(source, fleet, stop.signal)).rejects.toThrow('enough');
});

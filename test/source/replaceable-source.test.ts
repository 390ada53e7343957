import { expect, it } from 'vitest';
import { createReplaceableSource } from '../../src/source/replaceable-source.ts';
import { aJob, aTarget, jobId } from '../support/builders.ts';
import { createFakeSource, type FakeSource } from '../support/fake-source.ts';

const OPTIONS = { signal: new AbortController().signal, isUrgent: false };

/** A source with one job of this number, which counts how often it is closed. */
function aSource(number: number): FakeSource & { closed: number } {
  const source = Object.assign(createFakeSource([aJob([], { id: jobId(number) })]), { closed: 0 });
  source.close = async () => {
    source.closed += 1;
  };
  return source;
}

async function firstId(listing: AsyncIterator<{ readings(): unknown[] }>): Promise<unknown> {
  const { value } = await listing.next();
  return value?.readings()[0]?.job.id;
}

it('reads with the new source from then on, and closes the old one at once when nothing uses it', async () => {
  const [first, second] = [aSource(1), aSource(2)];
  const source = createReplaceableSource(first);
  await source.replace(second);
  expect([first.closed, second.closed]).toEqual([1, 0]);
  expect(await source.readJob(aTarget(), jobId(2), OPTIONS)).toMatchObject({ kind: 'job' });
  expect(first.asked).toEqual([]);
});

it('lets a listing under way end with the source that it began with, and closes that one afterwards', async () => {
  const [first, second] = [aSource(1), aSource(2)];
  first.jobs.push(aJob([], { id: jobId(3) }));
  first.pageSize = 1;
  const source = createReplaceableSource(first);
  const underWay = source.listJobs(aTarget(), OPTIONS)[Symbol.asyncIterator]();
  expect(await firstId(underWay)).toBe(jobId(1));

  const replaced = source.replace(second);
  expect(await firstId(underWay)).toBe(jobId(3));
  expect(first.closed).toBe(0);
  await underWay.return?.();
  await replaced;
  expect(first.closed).toBe(1);
  expect(await firstId(source.listJobs(aTarget(), OPTIONS)[Symbol.asyncIterator]())).toBe(jobId(2));
});

it('closes the old source after a read that failed, too', async () => {
  const [first, second] = [aSource(1), aSource(2)];
  first.fault = new Error('no');
  const source = createReplaceableSource(first);
  const read = source.readJob(aTarget(), jobId(1), OPTIONS);
  const replaced = source.replace(second);
  await expect(read).rejects.toThrow('no');
  await replaced;
  expect(first.closed).toBe(1);
});

/** The process of the simulated Atlas: it answers orders of the benchmark until that disconnects. */
import { startAtlas } from '../../../src/simulator/atlas/atlas.ts';
import { finish } from '../../../src/simulator/atlas/scenario.ts';
import { serveOrders } from '../process/orders.ts';
import { type JobTimes, jobId, jobNumber, KEYS, USUAL_TIMES } from './jobs.ts';
import { startMeter } from './meter.ts';
import type { AtlasOrder, InstanceLook, JobRange, PutJobs } from './orders.ts';

const meter = startMeter();
const atlas = await startAtlas({ ...KEYS, order: process.argv[2] === 'newest' ? 'newest' : 'insertion' });
const groupOf = new Map<string, string>();

const timesOf = new Map<string, JobTimes>();

const put = ({ groupId, instanceName, from, count, state, times = USUAL_TIMES }: PutJobs): void => {
  if (!groupOf.has(instanceName)) atlas.addInstance(groupId, instanceName);
  groupOf.set(instanceName, groupId);
  timesOf.set(instanceName, times);
  for (let number = from; number < from + count; number += 1) {
    atlas.putJob(groupId, instanceName, jobNumber(number, state, times));
  }
};

const finishNow = ({ instanceName, from, count }: JobRange): void => {
  const ids = Array.from({ length: count }, (_, index) => jobId(from + index, timesOf.get(instanceName)));
  for (const id of ids)
    atlas.updateJob(groupOf.get(instanceName) ?? '', instanceName, id, finish(Date.now()));
  meter.changed(instanceName, ids);
};

serveOrders<AtlasOrder, InstanceLook | null>(
  atlas.url,
  (order) => {
    switch (order.do) {
      case 'put':
        put(order);
        return null;
      case 'finish':
        finishNow(order);
        return null;
      case 'meter':
        meter.watch(order.instanceName, order.pid);
        return null;
      case 'look':
        return meter.look(order.instanceName);
    }
  },
  () => atlas.close(),
);

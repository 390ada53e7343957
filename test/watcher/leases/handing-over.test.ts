import { expect, it, onTestFinished, vi } from 'vitest';
import { createFaultLog } from '../../../src/logging/fault-log.ts';
import type { SharedMembership, Standing } from '../../../src/store/ports/leases.ts';
import { SharedLeases } from '../../../src/watcher/leases/shared-leases.ts';
import { T0 } from '../../support/builders.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';

const [QUICK, BUSY] = ['channel:quick', 'channel:busy'];

it('gives up what is in hand for longer although what was free at once could not be given up, which is worked on again', async () => {
  vi.useFakeTimers({ toFake: ['setInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const clock = createManualClock(T0);
  const standing: Standing = {
    validForMs: 15_000,
    held: [QUICK, BUSY].map((unit) => ({ unit, token: 1 })),
    due: [],
    owners: new Map(),
    replicas: [],
  };
  const released: string[][] = [];
  const membership = {
    kind: 'shared',
    replica: 'a',
    beat: async () => standing,
    release: async (units: readonly string[]) => {
      released.push([...units]);
      standing.due = [];
      if (released.length === 1) throw new Error('the connection was lost');
    },
  } as Partial<SharedMembership> as SharedMembership;
  const logger = createRecordingLogger();
  const leases = new SharedLeases({ membership, clock, logger, faultLog: createFaultLog(logger, clock) });
  const busy = Promise.withResolvers<void>();
  const changes: string[][] = [];
  leases.begin({
    onChange: () => changes.push([QUICK, BUSY].filter((unit) => leases.holdOf(unit) !== null)),
    ended: async (unit) => (unit === BUSY ? busy.promise : undefined),
  });
  leases.want([QUICK, BUSY], 'c0ffee');
  await leases.look();
  standing.due = [QUICK, BUSY].map((unit) => ({ unit, to: 'b' }));
  await leases.look();
  await expect.poll(() => changes).toEqual([[QUICK, BUSY], [], [QUICK]]);
  busy.resolve();
  await expect.poll(() => released).toEqual([[QUICK], [BUSY]]);
  expect([leases.holdOf(QUICK)?.isOurs(), leases.holdOf(BUSY)]).toEqual([true, null]);
});

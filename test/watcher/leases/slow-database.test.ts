import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createFaultLog } from '../../../src/logging/fault-log.ts';
import type { SharedMembership, Standing } from '../../../src/store/ports/leases.ts';
import { SharedLeases } from '../../../src/watcher/leases/shared-leases.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { createSteppingClock } from '../../support/stepping-clock.ts';

const UNIT = 'channel:slack';

/** Leases over a database that answers when the test says so, of which one unit is held. */
async function heldOverSlowDatabase() {
  const clock = createSteppingClock();
  const standing: Standing = {
    validForMs: 15_000,
    held: [{ unit: UNIT, token: 1 }],
    due: [],
    owners: new Map(),
    replicas: [],
  };
  let isSlow = false;
  const told = { renewed: () => {} };
  const membership = {
    kind: 'shared',
    replica: 'a',
    beat: (_wish: unknown, onRenewed = () => {}) => {
      told.renewed = onRenewed;
      return isSlow ? new Promise<Standing>(() => {}) : Promise.resolve(standing);
    },
  } as Partial<SharedMembership> as SharedMembership;
  // Looks only when the test says so.
  vi.useFakeTimers({ toFake: ['setInterval'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const logger = createRecordingLogger();
  const leases = new SharedLeases({ membership, clock, logger, faultLog: createFaultLog(logger, clock) });
  leases.begin({ onChange: () => {}, ended: async () => {} });
  await leases.look();
  isSlow = true;
  return { clock, leases, told, isOurs: () => leases.holdOf(UNIT)?.isOurs() ?? false };
}

describe('the leases of a replica whose database is slow', () => {
  it('are its own from when they are renewed, whatever else is asked for takes', async () => {
    const { clock, leases, told, isOurs } = await heldOverSlowDatabase();
    await clock.step(8_000);
    void leases.look();
    await clock.step(1_000);
    told.renewed();
    await clock.step(10_000);
    expect(isOurs()).toBe(true);
    await clock.step(1_001);
    expect(isOurs()).toBe(false);
  });

  it('run out while nothing is renewed', async () => {
    const { clock, leases, isOurs } = await heldOverSlowDatabase();
    await clock.step(8_000);
    void leases.look();
    await clock.step(4_001);
    expect(isOurs()).toBe(false);
  });

  it('are nobody knows whose when they had run out before, until it is seen whose they are', async () => {
    const { clock, leases, told, isOurs } = await heldOverSlowDatabase();
    await clock.step(11_000);
    void leases.look();
    await clock.step(2_000);
    told.renewed();
    expect(isOurs()).toBe(false);
  });
});

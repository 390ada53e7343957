const TRIES = 3;

/**
 * Says how many times more CPU time `work` takes for ten times the size: about 10 where the cost grows with the size, 100 where it
 * grows with its square. The lowest of a few tries, each against its own reference: what else the machine does must not count.
 */
export async function growthOf(work: (size: number) => unknown, size: number): Promise<number> {
  let lowest = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const reference = await cpuTimeOf(() => work(size));
    lowest = Math.min(lowest, (await cpuTimeOf(() => work(size * 10))) / reference);
  }
  return lowest;
}

/** In microseconds, one at least. */
async function cpuTimeOf(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return Math.max(1, user + system);
}

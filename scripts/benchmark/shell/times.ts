/** Adds up what bash's `times` prints: user and system time, of the shell and of all that it ran, as `0m1.234s`; in milliseconds. */
export function shellTimesMs(times: string): number {
  return [...times.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1_000,
    0,
  );
}

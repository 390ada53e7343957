/** A silence of up to this long is kept towards the whole channel, in milliseconds. A longer one is not believed of it. */
export const LONGEST_CHANNEL_SILENCE_MS = 300_000;

/** An event that met a longer silence waits for this long at most, in milliseconds. */
export const LONGEST_EVENT_SILENCE_MS = 3 * 3_600_000;

/** A receiver that finds us too fast and does not say for how long is left alone for this long, in milliseconds. */
const UNSAID_SILENCE_MS = 5_000;

/**
 * How long a channel is left alone after unbelievably long silences in a row: the second event is tried at once, the following ones
 * further and further apart. The last span repeats.
 */
const APART_MS = [0, 5_000, 30_000, 120_000, LONGEST_CHANNEL_SILENCE_MS] as const;

/** A refusal, as far as the silence towards its receiver depends on it. */
export interface AskedSilence {
  /** How long the receiver asked us to wait; `undefined`: it did not say. */
  retryAfterMs: number | undefined;
  /** The receiver has refused because we are too fast. */
  isTooFast: boolean;
  /** How many silences longer than a channel keeps it has asked for in a row, this one included. */
  longOnesInARow: number;
}

/** True for a silence that is not kept by the whole channel. */
export function isTooLongForChannel(retryAfterMs: number | undefined): boolean {
  return (retryAfterMs ?? 0) > LONGEST_CHANNEL_SILENCE_MS;
}

/** Decides for how many milliseconds the whole channel is silent after a refusal; 0: other events are tried at once. */
export function channelSilenceMs({ retryAfterMs, isTooFast, longOnesInARow }: AskedSilence): number {
  if (isTooLongForChannel(retryAfterMs))
    return APART_MS[Math.min(longOnesInARow, APART_MS.length) - 1] ?? LONGEST_CHANNEL_SILENCE_MS;
  return retryAfterMs ?? (isTooFast ? UNSAID_SILENCE_MS : 0);
}

/** True while a silence that a channel keeps until then holds. One that is longer than any that is kept does not: the clock has been set back since. */
export function isSilence(until: number, now: number): boolean {
  return until > now && until <= now + LONGEST_CHANNEL_SILENCE_MS;
}

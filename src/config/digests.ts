import type { Timestamp } from '../domain/instant.ts';
import type { NextDigest } from '../domain/telling/routing.ts';
import type { ChannelConfig } from './config.ts';
import { nextRun } from './cron.ts';

/** When a channel sends what it has gathered. */
export interface DigestSchedule {
  /** Cron expression. */
  schedule: string;
  /** IANA zone that it is read in. */
  timeZone: string;
}

/** `null`: the channel is told at once. */
export function digestOf(channel: ChannelConfig): DigestSchedule | null {
  if (!('digest' in channel) || channel.digest === null) return null;
  return { schedule: channel.digest, timeZone: channel.timeZone ?? 'UTC' };
}

/** Of these channels, the next digest after now. */
export function nextDigestOf(channels: readonly ChannelConfig[]): NextDigest {
  const slots = new Map(
    channels.flatMap((channel) => {
      const digest = digestOf(channel);
      return digest === null ? [] : [[channel.name, createSlot(digest)] as const];
    }),
  );
  return (channel) => slots.get(channel)?.() ?? null;
}

/** A first poll may plan a hundred thousand events, and looking for a slot takes a good part of a millisecond. */
const KEEP_MS = 1_000;

/** Remembered for a second, and not for longer: the wall clock may be set back. */
function createSlot({ schedule, timeZone }: DigestSchedule): () => Timestamp {
  let last = { at: Number.NEGATIVE_INFINITY, next: Number.NEGATIVE_INFINITY };
  return () => {
    const now = Date.now();
    const isFresh = now >= last.at && now - last.at < KEEP_MS && now < last.next;
    if (!isFresh) last = { at: now, next: nextRun(schedule, timeZone) };
    return last.next;
  };
}

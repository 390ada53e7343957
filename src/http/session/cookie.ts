import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { Timestamp } from '../../domain/instant.ts';
import type { Role, Tokens } from '../access.ts';

/** A login lasts so long, in milliseconds. */
export const SESSION_MS = 7 * 24 * 3_600_000;

const TOKEN_OF = { actor: 'token', viewer: 'viewToken' } as const;
const KEY_BYTES = 32;

/**
 * Makes the value of a session cookie: `role.end.signature`, with the end in seconds. Nothing of a session is kept by the daemon: its key comes from the token
 * itself. So a session outlives a restart, holds at every replica, and ends when the token changes.
 * @param token of the configuration, which whoever logs in has given.
 */
export function sealSession(role: Role, token: string, now: Timestamp): string {
  const body = `${role}.${Math.floor((now + SESSION_MS) / 1_000)}`;
  return `${body}.${signatureOf(body, token)}`;
}

/** Reads what `sealSession` made; `null`: it has ended, its token is another by now, or it was made up. */
export function openSession(value: string, tokens: Tokens, now: Timestamp): Role | null {
  const { role, end, signature } =
    /^(?<role>actor|viewer)\.(?<end>\d{1,12})\.(?<signature>[\w-]+)$/.exec(value)?.groups ?? {};
  if ((role !== 'actor' && role !== 'viewer') || end === undefined || signature === undefined) return null;
  const token = tokens[TOKEN_OF[role]];
  if (token === null) return null;
  const expected = Buffer.from(signatureOf(`${role}.${end}`, token));
  const given = Buffer.from(signature);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  return Number(end) * 1_000 > now ? role : null;
}

function signatureOf(body: string, token: string): string {
  const key = hkdfSync('sha256', token, '', 'restore-watcher session', KEY_BYTES);
  return createHmac('sha256', Buffer.from(key)).update(body).digest('base64url');
}

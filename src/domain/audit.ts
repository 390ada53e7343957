import { hash } from 'node:crypto';
import { canonicalText } from './evidence/canonical-text.ts';
import { type Timestamp, toIso } from './instant.ts';
import { parseWellFormed } from './well-formed.ts';

/**
 * Everything that is written down for an auditor. Logs from before the key `testAlert` hold `drill.sent` for `test_alert.sent`:
 * an entry stays as it was written, or its hash would be wrong, so readers take `AuditEntry.kind` as text.
 */
export const AUDIT_KINDS = [
  'daemon.started',
  'daemon.stopped',
  'config.loaded',
  'config.rejected',
  'instance.found',
  'instance.gone',
  'baseline.taken',
  'observation.changed',
  'anomaly.seen',
  'transition',
  'decision',
  'delivery.attempted',
  'delivery.interrupted',
  'delivery.given_up',
  'delivery.redriven',
  'mute.added',
  'mute.removed',
  'attestation.made',
  'action.asked',
  'drill.run',
  'poll.failed',
  'poll.recovered',
  'mirror.rebuilt',
  'store.rolled_back',
  'mirror.rotated',
  'checkpoint.key',
  'checkpoint.made',
  'checkpoint.cosigned',
  'audit.pruned',
  'test.sent',
  'test_alert.sent',
  'reminder.sent',
  'store.pruned',
  'feed.trusted',
  'feed.proving',
  'feed.distrusted',
  'feed.silent',
  'feed.heard',
] as const;
export type AuditKind = (typeof AUDIT_KINDS)[number];

/** JSON without links or credentials. */
export type AuditData = Readonly<Record<string, unknown>>;

/** Something to be written down. It gets its number and hash in the transaction that records it. */
export interface AuditDraft {
  at: Timestamp;
  kind: AuditKind;
  data: AuditData;
}

/** One line of the audit log. `hash` covers every other field, `prev` among them, so that the entries form a chain. */
export interface AuditEntry {
  /** Layout of the entry; what is added later gets a new number. */
  v: 1;
  /** From 1, without gaps. */
  seq: number;
  /** ISO 8601. */
  at: string;
  kind: string;
  data: AuditData;
  /** Hash of the entry before; `GENESIS` for the first. */
  prev: string;
  /** SHA-256, hex, over the canonical JSON (RFC 8785) of the other fields. */
  hash: string;
}

/** An entry as the store keeps it: the number of its row, and the text that was hashed, with its hash. */
export interface AuditLine {
  seq: number;
  body: string;
}

/** Entries as the store keeps them, one behind the other. */
export interface AuditText {
  /** The numbers of the first row and the last, and how many rows there are: fewer than between these when some are gone. */
  first: number;
  last: number;
  count: number;
  /** The texts, each but the last with a newline behind it. Those of sound entries have none inside. */
  text: string;
}

/** The end of the audit chain. */
export interface AuditHead {
  seq: number;
  hash: string;
}

/** What the first entry has for a predecessor. */
export const GENESIS: AuditHead = { seq: 0, hash: '0'.repeat(64) };

/** An entry as it is stored and mirrored: its number, its hash, and its line without the newline. */
export interface WrittenEntry extends AuditHead {
  line: string;
}

/**
 * Appends drafts to the chain that ends at `head`. Pure: the store writes what comes back. What a reader will find again of the data is
 * plain JSON, and half of a surrogate pair (a text cut in the middle of an emoji) becomes U+FFFD, as RFC 8785 has no form for it.
 *
 * The data is made canonical once; what stands around it has its members in canonical order already.
 */
export function writeEntries(head: AuditHead, drafts: readonly AuditDraft[]): WrittenEntry[] {
  let last = head;
  return drafts.map((draft) => {
    const seq = last.seq + 1;
    const begin = `{"at":"${toIso(draft.at)}","data":${canonicalData(draft.data)},`;
    const end = `"kind":"${draft.kind}","prev":"${last.hash}","seq":${seq},"v":1}`;
    const hash = sha256(begin + end);
    last = { seq, hash };
    return { seq, hash, line: `${begin}"hash":"${hash}",${end}` };
  });
}

/** What is wrong with an entry that should follow `head`; `null` when it does. */
export function brokenLink(head: AuditHead, entry: AuditEntry): string | null {
  if (entry.seq !== head.seq + 1) return `entry ${head.seq + 1} expected, found ${entry.seq}`;
  if (entry.prev !== head.hash) return `entry ${entry.seq} does not continue entry ${head.seq}`;
  if (!isIntact(entry)) return `entry ${entry.seq} was changed after it was written`;
  return null;
}

/** Says whether the hash of an entry is the one of its content. */
export function isIntact(entry: AuditEntry): boolean {
  const { hash: claimed, ...body } = entry;
  return hashBody(body) === claimed;
}

/** The line as it stands in the mirror file, without the newline: canonical JSON, so that equal entries are equal bytes. */
export function auditLine(entry: AuditEntry): string {
  return canonical(entry);
}

/** A line of the audit log; `null` when it is not one. Whether it is true is for `brokenLink` to say. */
export function parseAuditEntry(line: string): AuditEntry | null {
  try {
    const value: unknown = JSON.parse(line);
    return isAuditEntry(value) ? value : null;
  } catch {
    return null;
  }
}

function isAuditEntry(value: unknown): value is AuditEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { v, seq, at, kind, data, prev, hash } = value as Partial<Record<keyof AuditEntry, unknown>>;
  return (
    v === 1 &&
    Number.isSafeInteger(seq) &&
    [at, kind, prev, hash].every((text) => typeof text === 'string') &&
    typeof data === 'object' &&
    data !== null
  );
}

/** Data that is no plain JSON is taken as a reader would find it again. */
function canonicalData(data: AuditData): string {
  return canonicalText(data) ?? canonical(parseWellFormed(JSON.stringify(data)));
}

function hashBody(body: Omit<AuditEntry, 'hash'>): string {
  return sha256(canonical(body));
}

function sha256(text: string): string {
  return hash('sha256', text, 'hex');
}

function canonical(value: unknown): string {
  const text = canonicalText(value);
  if (text === null) throw new Error('an audit entry must be JSON');
  return text;
}

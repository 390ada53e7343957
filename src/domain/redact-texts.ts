/** Takes secrets out of a text. */
type Redact = (text: string) => string;

/**
 * What things go by: names of the configuration, Atlas's ids and our own, words of closed sets. They are compared, not read; one that
 * happens to be somebody's password as well must still be found.
 */
const IDENTITIES = new Set([
  'id',
  'ids',
  'v',
  'at',
  'name',
  'event',
  'kind',
  'type',
  'state',
  'status',
  'severity',
  'suppressed',
  'milestone',
  'outcome',
  'decision',
  'from',
  'to',
  'watch',
  'watches',
  'channel',
  'channels',
  'connection',
  'instanceName',
  'insteadOf',
  'fallback',
  'labels',
  'raise',
  'clear',
  'projectUrl',
  'sha256',
]);

const IDENTITY_ENDINGS = /(?:Id|Ids|Key|At)$/;

/**
 * A copy of plain data with secrets taken out of every text that people read (summaries, notes, what a receiver said, what came from
 * Atlas); what things go by stays. The same object when there was nothing to take out. Of what is no plain data (maps, say) nothing is touched.
 */
export function redactTexts<Value>(value: Value, redact: Redact): Value {
  // The walk keeps the shape, and a text stays a text.
  return walk(value, redact) as Value;
}

/** Copies on the first change: of nearly everything there is nothing to take out. */
function walk(node: unknown, redact: Redact): unknown {
  if (typeof node === 'string') return redact(node);
  if (Array.isArray(node)) return walkList(node, redact);
  if (!isPlain(node)) return node;
  let copy: Record<string, unknown> | null = null;
  for (const key of Object.keys(node)) {
    const child = node[key];
    if ((typeof child !== 'string' && typeof child !== 'object') || isIdentity(key, child)) continue;
    const clean = walk(child, redact);
    if (clean === child) continue;
    copy ??= { ...node };
    copy[key] = clean;
  }
  return copy ?? node;
}

function walkList(list: readonly unknown[], redact: Redact): readonly unknown[] {
  let copy: unknown[] | null = null;
  for (const [index, item] of list.entries()) {
    const clean = walk(item, redact);
    if (clean === item) continue;
    copy ??= [...list];
    copy[index] = clean;
  }
  return copy ?? list;
}

/** An object is looked into whatever it is called, but for labels, whose keys are free. */
function isIdentity(key: string, value: unknown): boolean {
  if (isPlain(value)) return key === 'labels';
  return IDENTITIES.has(key) || IDENTITY_ENDINGS.test(key);
}

function isPlain(node: unknown): node is Record<string, unknown> {
  if (typeof node !== 'object' || node === null) return false;
  const prototype: unknown = Object.getPrototypeOf(node);
  return prototype === Object.prototype || prototype === null;
}

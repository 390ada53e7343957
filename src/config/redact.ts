/** Takes secrets out of a text. Cheap enough for every line of the log. */
export type Redact = (text: string) => string;

const MARK = '[redacted]';

/** Shorter secrets are ordinary words or numbers: they are hidden where they stand alone, not inside others. */
const SHORTEST_ANYWHERE = 4;
/** A single character is nobody's secret, and hiding it would garble everything. */
const SHORTEST = 2;

/** In a JSON string a quote or an end of line may come escaped, any number of times over. */
const QUOTE = String.raw`\\*["']`;

interface Pattern {
  /** What the text must hold, whatever its case, before it is worth looking closer. */
  hint: string;
  find: RegExp;
  replacement: string;
}

const URL_REST = String.raw`[^\s"'<>\\)\]}]`;

/** What is a secret by its shape, whatever the configuration says. */
const PATTERNS: readonly Pattern[] = [
  // `user:password@` or `token@` in any URL. A password may hold an "@" itself, so the last one counts.
  {
    hint: '://',
    find: /\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/?#"'<>\\]+@/gi,
    replacement: `$1${MARK}@`,
  },
  // The path of a Slack webhook is its secret, with or without a scheme before it.
  {
    hint: 'hooks.slack',
    find: new RegExp(String.raw`(hooks\.slack[a-z-]*\.com)(?::\d+)?/${URL_REST}+`, 'gi'),
    replacement: `$1/${MARK}`,
  },
  // Download links of Atlas: `https://restore-<job>.<suffix>.mongodb.net:27017/<secret>/restore-<snapshot>.tar.gz`.
  {
    hint: '.mongodb',
    find: new RegExp(String.raw`([\w.-]{1,255}\.mongodb[\w-]*\.net(?::\d+)?)/${URL_REST}+`, 'gi'),
    replacement: `$1/${MARK}`,
  },
  // Download links of legacy backup and of Ops Manager, which may be any host: `https://<host>/backup/restore/v2/pull/<secret>/…`.
  {
    hint: '/backup/restore/',
    find: new RegExp(String.raw`(https?://[^\s/"'<>\\]+)/${URL_REST}*?/?backup/restore/${URL_REST}*`, 'gi'),
    replacement: `$1/${MARK}`,
  },
  // Any other link to an archive.
  {
    hint: '://',
    find: new RegExp(
      String.raw`(https?://[^\s/"'<>\\]+)/${URL_REST}*\.(?:tar\.gz|tgz|tar)\b${URL_REST}*`,
      'gi',
    ),
    replacement: `$1/${MARK}`,
  },
  // A digest: a list of fields, whose values stand in quotes.
  {
    hint: 'digest ',
    find: new RegExp(
      String.raw`\b(Digest)\s+(?:\w+=(?:${QUOTE}[^"'\\]*${QUOTE}|[^\s,"'\\]+)(?:\s*,\s*(?=\w+=))?)+`,
      'gi',
    ),
    replacement: `$1 ${MARK}`,
  },
  // A credential that says what it is. What has no digit and no "=" is prose: "Basic authentication".
  { hint: 'basic ', find: /\b(Basic)\s+(?=[\w+/.~=-]*[0-9=])[\w+/.~=-]{8,}/gi, replacement: `$1 ${MARK}` },
  { hint: 'bearer ', find: /\b(Bearer)\s+(?=[\w+/.~=-]*[0-9=])[\w+/.~=-]{8,}/gi, replacement: `$1 ${MARK}` },
  // The header itself, whatever stands in it.
  {
    hint: 'authorization',
    find: new RegExp(
      String.raw`(authorization(?:${QUOTE})?\s*[:=,]\s*(?:${QUOTE})?)(?!(?:\w+\s+)?\[redacted\])(?:[\w-]+[ ]+)?[^\s"'\\,;}\]]+`,
      'gi',
    ),
    replacement: `$1${MARK}`,
  },
  // The secret of a service account.
  { hint: 'mdb_sa_sk_', find: /\bmdb_sa_sk_[\w-]+/gi, replacement: MARK },
];

/**
 * Builds the function that takes out the given secrets, in every form in which they may turn up (as they stand, percent-encoded,
 * escaped in JSON, in base64 at any offset), and whatever is a secret by its shape: `user:password@` and download links in URLs,
 * Slack webhooks, `Authorization` headers. What is left says where something was.
 */
export function createRedactor(secrets: readonly string[]): Redact {
  const configured = findSecrets(secrets);
  return (text) => {
    let rest = configured.reduce((left, find) => left.replace(find, MARK), text);
    const lower = rest.toLowerCase();
    for (const { hint, find, replacement } of PATTERNS) {
      if (lower.includes(hint)) rest = rest.replace(find, replacement);
    }
    return rest;
  };
}

/** One expression for all secrets is many times faster than a search for each. None when there are no secrets. */
function findSecrets(secrets: readonly string[]): RegExp[] {
  const long = secrets.filter(({ length }) => length >= SHORTEST_ANYWHERE).flatMap(disguises);
  const short = secrets.filter(({ length }) => length >= SHORTEST && length < SHORTEST_ANYWHERE);
  return [
    ...(long.length === 0 ? [] : [new RegExp(alternatives(long), 'g')]),
    ...(short.length === 0
      ? []
      : [new RegExp(`(?<![\\p{L}\\p{N}_])(?:${alternatives(short)})(?![\\p{L}\\p{N}_])`, 'gu')]),
  ];
}

/** The longest first: a secret that holds another must go as a whole. */
function alternatives(forms: readonly string[]): string {
  return [...new Set(forms)]
    .sort((a, b) => b.length - a.length)
    .map((form) => form.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
    .join('|');
}

function disguises(secret: string): string[] {
  const wellFormed = secret.toWellFormed();
  const percent = encodeURIComponent(wellFormed);
  const form = new URLSearchParams([['', wellFormed]]).toString().slice(1);
  const json = JSON.stringify(secret).slice(1, -1);
  return [
    secret,
    percent,
    percent.toLowerCase(),
    form,
    json,
    json.replaceAll('/', '\\/'),
    JSON.stringify(json).slice(1, -1),
    ...base64Forms(secret),
  ];
}

/**
 * The characters of a base64 text that depend on the secret alone, for each of the three offsets at which it may begin in what was
 * encoded: `Basic` credentials hold the password after the user's name.
 */
function base64Forms(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const forms = [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    // The first and last character may hold bits of what is around the secret.
    const start = Math.ceil((offset * 8) / 6);
    const end = Math.floor(((offset + bytes.length) * 8) / 6);
    return encoded.slice(start, end);
  });
  // Shorter than this, it would hide ordinary text.
  return forms
    .filter(({ length }) => length >= 8)
    .flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')]);
}

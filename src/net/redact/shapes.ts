import type { Span } from './span.ts';
import { placeOf, type Units } from './unescaped.ts';

/** In a JSON string a quote or an end of line may come escaped, any number of times over. */
const QUOTE = String.raw`\\{0,16}["']`;

/** What an address may go on with. */
const REST = String.raw`[^\s"'<>\\)\]}]`;

interface Shape {
  /** What the text must hold, in lower case, before it is worth looking closer. */
  hint: string;
  /** Its groups are what has to go; the rest says where something was. */
  find: RegExp;
  /** It is made of quotes: with those of JSON undone, it would reach from one text into the next. */
  onlyAsWritten?: true;
}

/** What is a secret by its shape, whatever the configuration says. None goes over a text more than once: a test holds that. */
const SHAPES: readonly Shape[] = [
  // `user:password@` or `token@` in any URL. A password may hold an "@" itself, so the last one counts.
  { hint: '://', find: /\b[a-z][a-z0-9+.-]{0,20}:\/\/([^\s/?#"'<>\\]{1,4096})@/dgi },
  // The path of a Slack webhook is its secret, with or without a scheme before it.
  {
    hint: 'hooks.slack',
    find: new RegExp(String.raw`hooks\.slack[a-z-]{0,20}\.com(?::\d{1,5})?/(${REST}+)`, 'dgi'),
  },
  // Download links of Atlas: `https://restore-<job>.<suffix>.mongodb.net:27017/<secret>/restore-<snapshot>.tar.gz`.
  {
    hint: '.mongodb',
    find: new RegExp(String.raw`\.mongodb[\w-]{0,20}\.net(?::\d{1,5})?/(${REST}+)`, 'dgi'),
  },
  // A digest: a list of fields, whose values stand in quotes.
  {
    hint: 'digest ',
    find: new RegExp(
      String.raw`\bDigest\s{1,8}((?:\w{1,64}=(?:${QUOTE}[^"'\\]*${QUOTE}|[^\s,"'\\]+)(?:\s{0,8},\s{0,8}(?=\w{1,64}=))?)+)`,
      'dgi',
    ),
    onlyAsWritten: true,
  },
  // A credential that says what it is. What has no digit and no "=" is prose: "Basic authentication".
  { hint: 'basic ', find: /\bBasic\s{1,8}((?=[a-z+/_.~-]{0,4096}[0-9=])[\w+/.~=-]{8,})/dgi },
  { hint: 'bearer ', find: /\bBearer\s{1,8}((?=[a-z+/_.~-]{0,4096}[0-9=])[\w+/.~=-]{8,})/dgi },
  // The header itself, whatever stands in it.
  {
    hint: 'authorization',
    find: new RegExp(
      String.raw`authorization(?:${QUOTE})?\s{0,8}[:=,]\s{0,8}(?:${QUOTE})?(?:(?:Basic|Bearer|Digest)\s{1,8}([^\s"'\\,;}\]]+)|((?:[\w-]{1,64}[ ]{1,8})?[^\s"'\\,;}\]]+))`,
      'dgi',
    ),
    onlyAsWritten: true,
  },
  // The secret of a service account.
  { hint: 'mdb_sa_sk_', find: /\b(mdb_sa_sk_[\w-]+)/dgi },
  // A token that was signed: of a service account, say.
  { hint: 'eyj', find: /(?<![\w.-])(eyJ[\w-]{8,}\.eyJ[\w-]+(?:\.[\w-]+)?)/dgi },
];

/** A whole address without spaces: each is looked at once. */
const ADDRESS = new RegExp(String.raw`https?://([^\s/"'<>\\]*)/(${REST}*)`, 'dgi');

/**
 * Links of legacy backup and of Ops Manager, which may be any host (`https://<host>/backup/restore/v2/pull/<secret>/…`), and any other
 * link to an archive.
 */
const DOWNLOAD = /backup\/restore\/|\.(?:tar\.gz|tgz|tar)\b/i;

/** Whether a closer look could find anything; every shape has its hint. */
export function mayHoldShapes(text: string): boolean {
  const lower = text.toLowerCase();
  return SHAPES.some(({ hint }) => lower.includes(hint));
}

/** Adds where something stands that is a secret by its shape: passwords in URLs, download links, Slack webhooks, `Authorization` headers. */
export function findShapes(units: Units, found: Span[]): void {
  const text = units.text();
  const lower = text.toLowerCase();
  const add = (place: readonly [number, number] | undefined): void => {
    if (place && place[1] > place[0]) found.push(placeOf(units, ...place));
  };
  for (const { hint, find, onlyAsWritten } of SHAPES) {
    if (!lower.includes(hint) || (onlyAsWritten && units.depth > 0)) continue;
    for (const { indices = [] } of text.matchAll(find)) indices.slice(1).forEach(add);
  }
  if (!lower.includes('://')) return;
  for (const { indices, 2: path = '' } of text.matchAll(ADDRESS)) {
    if (DOWNLOAD.test(path)) add(indices?.[2]);
  }
}

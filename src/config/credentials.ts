import type { z } from 'zod';
import { decoded } from '../net/address/decoded.ts';
import type { Finding } from './schema/check-shape.ts';
import { CONFIG_SCHEMA } from './schema/schema.ts';
import { SECRETS, type SecretForm } from './schema/secret.ts';
import { childOf, layersOf, schemaAt } from './schema/walk.ts';
import { type Charset, unfitCharacter } from './text/characters.ts';
import type { Piece } from './text/interpolate.ts';
import { formatPath, type Path, withValueAt } from './text/paths.ts';
import { unexpandedHint } from './text/unexpanded.ts';

/** A configuration whose credentials and addresses can be sent as they are, and what was found on the way. */
export interface CleanedCredentials {
  value: unknown;
  faults: Finding[];
  warnings: Finding[];
}

/** What each form of a secret is made of, by where it goes. */
const CHARSETS: Readonly<Record<SecretForm, Charset>> = {
  text: 'header',
  headers: 'header',
  signingKey: 'text',
  address: 'address',
  sharedAddress: 'address',
  openAddress: 'address',
  login: 'address',
  mailServer: 'address',
};

const WHERE: Readonly<Record<Charset, string>> = {
  header: 'which cannot stand in an HTTP header',
  address: 'which does not belong in an address',
  text: 'which does not belong in a secret',
};

/**
 * Looks at every credential and address, by the marks in the schema, as somebody who copies and pastes gets them. White space and a
 * byte order mark around one are dropped, with a warning; what could not be sent is a fault that names the character. No value is shown.
 * @param pieces of texts with placeholders, by `formatPath`.
 */
export function cleanCredentials(
  root: unknown,
  pieces: ReadonlyMap<string, readonly Piece[]>,
  isFaulty: (path: Path) => boolean,
): CleanedCredentials {
  const cleaned: CleanedCredentials = { value: root, faults: [], warnings: [] };
  for (const { path, text, form } of markedIn(CONFIG_SCHEMA, root, [])) {
    if (isFaulty(path)) continue;
    const charset = CHARSETS[form];
    const written = pieces.get(formatPath(path)) ?? [{ text, origin: null }];
    const sound = cleanText(written, (message) => cleaned.warnings.push({ path, message }));
    if (sound !== text) cleaned.value = withValueAt(cleaned.value, path, sound);
    const unfit = unfitCharacter(sound, charset) ?? unfitPassword(sound, form);
    if (unfit !== null) {
      const message = `${subjectOf(written)}holds ${unfit}, ${WHERE[charset]}; copy the value anew, as plain text`;
      cleaned.faults.push({ path, message });
      continue;
    }
    const warning = warningAbout(sound, form);
    if (warning !== null) cleaned.warnings.push({ path, message: warning });
  }
  return cleaned;
}

interface Marked {
  path: Path;
  text: string;
  form: SecretForm;
}

/** The texts whose keys the schema marks, wherever the file has something of the right shape. */
function markedIn(schema: z.ZodType, value: unknown, path: Path): Marked[] {
  const layers = layersOf(schema, value);
  const [form] = layers.flatMap((layer) => SECRETS.get(layer)?.form ?? []);
  if (form !== undefined) return textsIn(value, path).map((each) => ({ ...each, form }));
  if (typeof value !== 'object' || value === null) return [];
  const steps = Array.isArray(value) ? value.keys() : Object.keys(value);
  return [...steps].flatMap((step) => {
    const child = schemaAt(layers.at(-1), step);
    return child === undefined ? [] : markedIn(child, childOf(value, step), [...path, step]);
  });
}

function textsIn(value: unknown, path: Path): Array<{ path: Path; text: string }> {
  if (typeof value === 'string') return [{ path, text: value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, text]) =>
    typeof text === 'string' ? [{ path: [...path, key], text }] : [],
  );
}

/** First what was put in for placeholders, each by itself, then the whole. */
function cleanText(pieces: readonly Piece[], warn: (message: string) => void): string {
  const whole = pieces.map((piece) => (piece.origin === null ? piece.text : stripped(piece, warn))).join('');
  return stripped({ text: whole, origin: null }, warn);
}

function stripped({ text, origin }: Piece, warn: (message: string) => void): string {
  const from = origin === null ? 'it' : `the value from ${origin}`;
  const unmarked = text.replace(/^\ufeff/, '');
  if (unmarked !== text) warn(`the byte order mark (U+FEFF) at the beginning of ${from} was dropped`);
  const trimmed = unmarked.trim();
  if (trimmed !== unmarked && trimmed.length > 0) warn(`white space around ${from} was dropped`);
  return trimmed;
}

function subjectOf(pieces: readonly Piece[]): string {
  const origins = pieces.flatMap(({ origin }) => origin ?? []);
  return origins.length === 0 ? '' : `the value from ${origins.join(' ')} `;
}

/** A password of SMTP may hold any character that can be typed; decoded, since that is what the server is told. */
function unfitPassword(text: string, form: SecretForm): string | null {
  if (form !== 'mailServer' || !URL.canParse(text)) return null;
  const { username, password } = new URL(text);
  return (
    [username, password]
      .map((part) => unfitCharacter(decoded(part), 'text'))
      .find((unfit) => unfit !== null) ?? null
  );
}

function warningAbout(text: string, form: SecretForm): string | null {
  if (/^(["'`]).*\1$/s.test(text) && text.length > 1) {
    return 'stands in quotation marks, which count as a part of it: leave them out where it comes from';
  }
  return (
    partsOf(text, form)
      .map(unexpandedHint)
      .find((hint) => hint !== null) ?? null
  );
}

/** The whole, and what stands by itself in it: the token of a header; user, password, path and query of an address. */
function partsOf(text: string, form: SecretForm): string[] {
  if (form === 'headers') return [text, ...text.split(' ')];
  if (CHARSETS[form] !== 'address' || !URL.canParse(text)) return [text];
  const { username, password, pathname, searchParams } = new URL(text);
  const parts = [username, password, ...pathname.split('/'), ...searchParams.values()];
  return [text, ...parts, ...parts.map(decoded)];
}

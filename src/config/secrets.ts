import type { z } from 'zod';
import { CONFIG_SCHEMA, type FilledConfigFile } from './schema/schema.ts';
import { SECRETS, type SecretForm } from './schema/secret.ts';
import { childOf, layersOf, schemaAt } from './schema/walk.ts';

/** Shorter parts of an address are words (`api`, `hooks`), not secrets. */
const SHORTEST_URL_PART = 8;
/** A longer last part of a path is a token, not the name of a thing. */
const SHORTEST_TOKEN_PART = 16;

/** Every value that the schema marks as a secret, each once; also the forms in which it may turn up elsewhere. */
export function gatherSecrets(file: FilledConfigFile): string[] {
  const secrets = secretsIn(CONFIG_SCHEMA, file);
  return [...new Set(secrets.filter((secret) => secret !== ''))];
}

function secretsIn(schema: z.ZodType, value: unknown): string[] {
  const layers = layersOf(schema, value);
  const [form] = layers.flatMap((layer) => SECRETS.get(layer)?.form ?? []);
  if (form !== undefined) return textsIn(value).flatMap(FORMS[form]);
  if (typeof value !== 'object' || value === null) return [];
  const steps = Array.isArray(value) ? value.keys() : Object.keys(value);
  return [...steps].flatMap((step) => {
    const child = schemaAt(layers.at(-1), step);
    return child === undefined ? [] : secretsIn(child, childOf(value, step));
  });
}

/** A text, or the texts of a record. */
function textsIn(value: unknown): string[] {
  const texts: unknown[] = typeof value === 'object' && value !== null ? Object.values(value) : [value];
  return texts.filter((text) => typeof text === 'string');
}

const FORMS: Readonly<Record<SecretForm, (value: string) => string[]>> = {
  text: (value) => [value],
  address: ofUrl,
  sharedAddress: (value) => tokensOf(new URL(value)),
  login: passwordOf,
  mailServer: (value) => [value, ...passwordOf(value)],
  signingKey: (value) => [value, value.replace(/^whsec_/, '')],
  headers: ofHeader,
};

/** The address, its path with the query, and the parts that are tokens by their look. */
function ofUrl(url: string): string[] {
  const parsed = new URL(url);
  const { href, pathname, search } = parsed;
  const rest = `${pathname}${search}`;
  return [url, href, ...(rest.length >= SHORTEST_URL_PART ? [rest] : []), ...tokensOf(parsed)];
}

function tokensOf({ pathname, searchParams }: URL): string[] {
  return [...pathname.split('/'), ...searchParams.values()].filter(
    (part) => part.length >= SHORTEST_TOKEN_PART,
  );
}

/** As it stands and decoded, which is how the server is told it. */
function passwordOf(url: string): string[] {
  if (!URL.canParse(url)) return [];
  const { password } = new URL(url);
  return password === '' ? [] : [password, decodeURIComponent(password)];
}

/** `Bearer x` is as secret as `x`. */
function ofHeader(value: string): string[] {
  const credential = /^\S+\s+(\S+)$/.exec(value)?.[1];
  return credential === undefined ? [value] : [value, credential];
}

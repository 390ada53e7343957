import type { z } from 'zod';
import {
  passwordsOf,
  secretsOfAddress,
  secretsOfHeader,
  secretsOfSigningKey,
  tokensOfAddress,
} from '../net/redact/secret-parts.ts';
import { CONFIG_SCHEMA, type FilledConfigFile } from './schema/schema.ts';
import { SECRETS, type SecretForm } from './schema/secret.ts';
import { childOf, layersOf, schemaAt } from './schema/walk.ts';

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
  address: secretsOfAddress,
  sharedAddress: tokensOfAddress,
  openAddress: () => [],
  login: passwordsOf,
  mailServer: (value) => [value, ...passwordsOf(value)],
  signingKey: secretsOfSigningKey,
  headers: secretsOfHeader,
};

import { z } from 'zod';

/**
 * What of a value must never be shown:
 * `text` all of it, and it can stand in an HTTP header · `address` a URL whose path is its secret · `sharedAddress` a URL that is the same for everybody, so only what
 * looks like a token in it · `openAddress` nothing:
 * it is an address ·
 * `login` the password in a URL · `mailServer` a URL as a whole, and the password in it · `signingKey` a
 * Standard Webhooks secret · `headers` every value of a record.
 */
export type SecretForm =
  | 'text'
  | 'address'
  | 'sharedAddress'
  | 'openAddress'
  | 'login'
  | 'mailServer'
  | 'signingKey'
  | 'headers';

/** Which keys of the configuration are secret. Apart from what zod knows of them, as it does not belong in the JSON Schema. */
export const SECRETS = z.registry<{ form: SecretForm }>();

/** Marks the value of a key as a secret. Comes last at a key: whatever zod makes of a schema afterwards is another one. */
export function secret<Schema extends z.ZodType>(schema: Schema, form: SecretForm = 'text'): Schema {
  SECRETS.add(schema, { form });
  return schema;
}

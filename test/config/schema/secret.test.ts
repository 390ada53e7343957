import { describe, expect, it } from 'vitest';
import { CHANNEL_SCHEMA } from '../../../src/config/schema/channels.ts';
import { SECRETS } from '../../../src/config/schema/secret.ts';

describe('what the schema says of secrets', () => {
  it.each(CHANNEL_SCHEMA.options.map((option) => [String(option.shape.type.value), option] as const))(
    'holds at least one key of a %s channel for one',
    (_type, option) => {
      expect(Object.values(option.shape).filter((key) => SECRETS.has(key))).not.toEqual([]);
    },
  );
});

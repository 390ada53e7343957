import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { jsonSchemaText } from '../../../src/config/schema/json-schema.ts';
import { aConfigFile, aWatchEntry } from '../config-file.ts';

const schema = z.fromJSONSchema(JSON.parse(jsonSchemaText()));
const accepts = (content: unknown): boolean => schema.safeParse(content).success;

describe('the JSON Schema', () => {
  it('is the committed one (npm run schema)', () => {
    expect(readFileSync('config/watcher.schema.json', 'utf8')).toBe(jsonSchemaText());
  });

  it('describes every key', () => {
    const undescribed = keysWithoutDescription(JSON.parse(jsonSchemaText()));
    expect(undescribed.filter((key) => key !== 'type')).toEqual([]);
  });

  it('accepts a sound file', () => {
    expect(accepts(aConfigFile())).toBe(true);
  });

  it('accepts placeholders wherever a single value stands', () => {
    expect(
      accepts(
        aConfigFile({
          connections: [
            {
              name: '${A}',
              baseUrl: '${A}',
              auth: { type: 'digest', publicKey: '${A}', privateKey: '${file:/run/secrets/x}' },
              requestTimeout: '${A:-10s}',
              retries: '${A}',
              requestsPerMinute: '${A}',
              allowHttp: '${A}',
            },
          ],
          watches: [
            aWatchEntry({
              kind: '${A}',
              apiVersion: '${A}',
              groupId: '${A}',
              restoreJobIds: ['${A}'],
              announceExisting: '${A}',
              stalledAfter: '${A}',
              labels: { team: '${A}' },
            }),
          ],
          routes: [{ events: ['${A}'], channels: ['${A}'], severities: ['${A}'] }],
          server: { host: '${A}', port: '${A:-8080}' },
          log: { level: '${A}', format: '${A}' },
        }),
      ),
    ).toBe(true);
  });

  it.each([
    ['an unknown key', { lgo: {} }],
    ['an unknown key of a watch', { watches: [aWatchEntry({ shedule: '* * * * *' })] }],
    ['a number as text', { server: { port: '8080' } }],
    ['a duration without a unit', { watches: [aWatchEntry({ rto: '30' })] }],
    ['an unknown event', { routes: [{ events: ['faild'], channels: ['siem'] }] }],
    ['no watches', { watches: [] }],
  ])('refuses %s', (_, over) => {
    expect(accepts(aConfigFile(over))).toBe(false);
  });
});

function keysWithoutDescription(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, child]) => {
    if (key !== 'properties') return keysWithoutDescription(child);
    const properties = Object.entries<object>(child);
    return properties.flatMap(([name, property]) => [
      ...('description' in property ? [] : [name]),
      ...keysWithoutDescription(property),
    ]);
  });
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SourceReason } from '../../src/errors.ts';
import type { Connection } from '../../src/source/connection.ts';
import { aConnection, get } from '../source/support.ts';
import { WAYS, type Way } from './every-transport.ts';
import { ODD_ANSWERS, TEXT, type Verdict } from './odd-answers.ts';

/** What a read of Atlas makes of it. */
function expected(verdict: Exclude<Verdict, 'read'>): { reason: SourceReason; retryable: boolean } {
  if (verdict === 'no answer') return { reason: 'unavailable', retryable: true };
  if (verdict === 'unreadable') return { reason: 'bad_response', retryable: false };
  if (verdict.status >= 500) return { reason: 'unavailable', retryable: true };
  return { reason: verdict.status >= 400 ? 'bad_request' : 'bad_response', retryable: false };
}

describe.each(WAYS)('an odd answer of Atlas over %s', (_name, open) => {
  let way: Way;
  let connection: Connection;
  beforeAll(async () => {
    way = await open();
    connection = aConnection(way.origin, { caFile: way.caFile });
  });
  afterAll(async () => {
    await connection.close();
    await way.close();
  });

  it.each(ODD_ANSWERS.map((odd) => [odd.name, odd] as const))('%s', async (_odd, { play, verdict }) => {
    way.server.play = play;
    const reading = get(connection);
    if (verdict === 'read') await expect(reading).resolves.toMatchObject({ body: JSON.parse(TEXT) });
    else await expect(reading).rejects.toMatchObject(expected(verdict));
  });
});

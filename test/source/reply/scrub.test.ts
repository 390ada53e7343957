import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../../src/net/redact/redactor.ts';
import { collectionJobs } from '../../../src/source/kinds/collection.ts';
import { flexJobs } from '../../../src/source/kinds/flex.ts';
import { atlasError } from '../../../src/source/reply/atlas-errors.ts';
import { scrubValue } from '../../../src/source/reply/scrub.ts';

const SECRET = 'canary+pass 1';
const SPELT = ['canary+pass 1', 'canary%2Bpass%201', Buffer.from(SECRET).toString('hex')];
const quotable = { credentials: [], redactor: createRedactor([SECRET]) };
const scrub = (value: string): string => scrubValue(value, quotable);

describe.each(SPELT)('a secret that Atlas quotes as %s', (spelt) => {
  it('is taken out of a value, also where that is cut', () => {
    expect(scrub(`to ${spelt}.`)).toBe('to [redacted].');
    const cut = scrub(`${'x'.repeat(290)}${spelt} and more`);
    expect(cut).toMatch(/^x{290}\[redacte?d?\]?…?/);
    expect(cut).not.toContain(spelt.slice(0, 4));
  });

  it('is taken out of every text that is kept of a job, and of what is wrong with one', () => {
    const target = { groupId: '64b0c1d2e3f4a5b6c7d8e9f0', instanceName: 'orders' };
    const place = {
      ...target,
      connection: 'atlas',
      watch: 'w',
      kind: 'collection',
      apiVersion: 'v2',
      labels: {},
    } as const;
    const body = {
      id: '64b0c1d2e3f4a5b6c7d8e9f1',
      state: 'FAILED',
      errorMessage: spelt,
      snapshotId: spelt,
      targetGroupId: spelt,
      targetClusterName: spelt,
    };
    expect(collectionJobs.decode(body, place, 0, scrub)).toMatchObject({
      kind: 'job',
      job: {
        errorMessage: '[redacted]',
        snapshotId: '[redacted]',
        targetGroupId: '[redacted]',
        targetClusterName: '[redacted]',
      },
    });
    expect(collectionJobs.decode({ ...body, state: spelt }, place, 0, scrub)).toMatchObject({
      problem: 'state "[redacted]" is not known',
    });
    const failed = { id: body.id, status: 'FAILED', deliveryType: spelt };
    expect(flexJobs.decode(failed, { ...place, kind: 'flex' }, 0, scrub)).toMatchObject({
      job: { deliveryType: '[redacted]' },
    });
  });

  it('is taken out of the code of an error', () => {
    const { message } = atlasError(
      { status: 400, headers: new Headers(), body: { errorCode: `NO_${spelt}` } },
      {
        ...quotable,
        request: 'GET /jobs',
        role: 'r',
        credential: 'API key',
        sentCredentials: true,
        stale: false,
        now: 0,
      },
    );
    expect(message).toContain('[redacted]');
    expect(message).not.toContain(spelt);
  });
});

it('leaves an id of Atlas and a name as they are', () => {
  for (const value of ['64b0c1d2e3f4a5b6c7d8e9f0', 'orders-copy', 'Cluster0'])
    expect(scrub(value)).toBe(value);
});

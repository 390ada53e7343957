import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { verifyAudit } from '../../../src/app/audit/verify-audit.ts';
import { openExistingStore, openStore } from '../../../src/store/open-store.ts';
import { aDraft, temporaryDirectory } from '../../store/support.ts';
import { T0 } from '../../support/builders.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { newStoreAddress } from '../../support/test-store.ts';

const verifier = { clock: createManualClock(T0), version: '1.2.3' };

/** A store with three entries and no mirror yet. */
async function aLog(address: { url: string }) {
  const dir = temporaryDirectory();
  const audit = { file: join(dir, 'audit.jsonl'), checkpoints: join(dir, 'audit.checkpoints') };
  const store = await openStore(address, {});
  await store.recordAudit([aDraft(1), aDraft(2), aDraft(3)]);
  await store.close();
  const request = {
    config: { store: address, audit } as unknown as Parameters<typeof verifyAudit>[0]['config'],
    ...{ files: [audit.file], key: null, checkpoints: [], isNoted: true },
  };
  const noted = async () => {
    const reader = await openExistingStore(address, { mode: 'readonly' });
    const verified = await reader?.lastVerified();
    await reader?.close();
    return verified;
  };
  return { request, noted };
}

describe('what verifying the log notes', () => {
  it('is when, by whom, up to where and with which verdict, in whichever store', async () => {
    const { request, noted } = await aLog(await newStoreAddress(join(temporaryDirectory(), 'w.db')));
    const check = await verifyAudit(request, verifier);
    expect(check).toMatchObject({ problems: [], head: { seq: 3 } });
    expect(await noted()).toEqual({
      ...{ at: T0, by: expect.stringMatching(/^\S+@\S+, version 1\.2\.3$/), head: check.head },
      ...{ problems: 0, first: null, isKeyGiven: false },
    });
  });

  it('is the first entry that is wrong, where one is', async () => {
    const path = join(temporaryDirectory(), 'w.db');
    const { request, noted } = await aLog({ url: `sqlite:${path}` });
    const database = new DatabaseSync(path);
    database.exec(`update audit_entry set body = replace(body, '"number":2', '"number":9') where seq = 2`);
    database.close();
    const check = await verifyAudit(request, verifier);
    expect(check.first).toEqual({ entry: 2, how: 'changed' });
    expect(await noted()).toMatchObject({
      ...{ head: check.head, problems: check.problems.length },
      first: check.first,
    });
  });

  it('is nothing where nobody asks for that, and nothing but a note to the reader where it cannot be', async () => {
    const path = join(temporaryDirectory(), 'w.db');
    const { request, noted } = await aLog({ url: `sqlite:${path}` });
    expect(await verifyAudit({ ...request, isNoted: false }, verifier)).toMatchObject({ problems: [] });
    expect(await noted()).toBeNull();
    const database = new DatabaseSync(path);
    database.exec(
      "create trigger no_notes before insert on audit_verified begin select raise(abort, 'no'); end",
    );
    database.close();
    const { problems, notes } = await verifyAudit(request, verifier);
    expect(problems).toEqual([]);
    expect(notes.join('\n')).toContain('could not be noted in the store');
    expect(await noted()).toBeNull();
  });
});

import { describe, expect, it } from 'vitest';
import type { CliParts, StoreMove } from '../../src/cli/parts.ts';
import { StoreError } from '../../src/errors.ts';
import { cli } from './harness.ts';

const HASH = 'c0ffee'.padEnd(64, '0');
const MOVE: StoreMove = {
  from: './data/watcher.db',
  to: 'postgres://db/watcher',
  tables: [
    { table: 'observation', rows: 3 },
    { table: 'event', rows: 1 },
    { table: 'delivery', rows: 2 },
    { table: 'audit_entry', rows: 9 },
  ],
  audit: { entries: 9, head: { seq: 9, hash: HASH }, problems: [] },
};
const TO = 'postgres://watcher:hunter2@db/watcher';

function moving(came: Partial<StoreMove> | Error = {}, asked: unknown[] = []): { parts: Partial<CliParts> } {
  return {
    parts: {
      moveStore: async (urls, onProgress) => {
        asked.push(urls);
        for (const rows of [0, 1, 5, 10]) onProgress({ stage: 'copying', rows, of: 10 });
        onProgress({ stage: 'verifying', rows: 10, of: 10 });
        if (came instanceof Error) throw came;
        return { ...MOVE, ...came };
      },
    },
  };
}

describe('store migrate', () => {
  it('copies the configured store, says how far it is, and what to do next, without the password', async () => {
    const asked: unknown[] = [];
    const { code, out, err } = await cli(['store', 'migrate', '--to', TO], moving({}, asked));
    expect(code).toBe(0);
    expect(asked).toEqual([{ from: { url: 'sqlite:./data/watcher.db' }, to: { url: TO } }]);
    expect(err.split('\n')).toEqual([
      'copying: 0 % of 10 rows',
      'copying: 10 % of 10 rows',
      'copying: 50 % of 10 rows',
      'copying: 100 % of 10 rows',
      'reading back: 100 % of 10 rows',
      '',
    ]);
    expect(out).toContain(
      'Copied ./data/watcher.db to postgres://db/watcher: 3 jobs, 1 event, 2 deliveries, 9 audit entries.',
    );
    expect(out).toContain(`The audit log is whole; its last entry is 9, ${HASH}.`);
    expect(out).toContain('"store": { "url": "postgres://watcher:${DATABASE_PASSWORD}@db/watcher" }');
    expect(out).not.toContain('hunter2');
  });

  it('leaves a placeholder as it was written', async () => {
    for (const to of ['${DATABASE_URL}', 'postgres://watcher:${file:/run/pw}@db/w', 'sqlite:./other.db']) {
      expect((await cli(['store', 'migrate', '--to', to], moving())).out).toContain(`{ "url": "${to}" }`);
    }
  });

  it('prints JSON, and nothing else', async () => {
    const run = await cli(['store', 'migrate', '--to', TO, '--json'], moving());
    expect(run.err).toBe('');
    expect(run.json()).toEqual({
      ok: true,
      from: MOVE.from,
      to: MOVE.to,
      rows: { observation: 3, event: 1, delivery: 2, audit_entry: 9 },
      audit: { entries: 9, head: { seq: 9, hash: HASH }, problems: [] },
    });
  });

  it('ends with 1 where the audit log is not whole, in the copy as in the original', async () => {
    const audit = { ...MOVE.audit, problems: ['entry 4 was changed after it was written'] };
    const { code, out } = await cli(['store', 'migrate', '--to', TO], moving({ audit }));
    expect(code).toBe(1);
    expect(out).toContain('  entry 4 was changed after it was written');
  });

  it('says why it could not be', async () => {
    const fault = new StoreError('conflict', 'x is not empty', { hint: 'Name an empty database.' });
    const { code, err } = await cli(['store', 'migrate', '--to', TO], moving(fault));
    expect(code).toBe(1);
    expect(err).toContain('error: x is not empty\nhint: Name an empty database.');
  });

  it('needs to know where to', async () => {
    expect((await cli(['store', 'migrate'], moving())).code).toBe(2);
  });
});

import { beforeAll, describe, expect, it } from 'vitest';
import { faultOf } from './plan.ts';
import { openRecordingStore, type RecordingStore } from './recording-store.ts';
import { tour } from './tour.ts';

let recorded: RecordingStore;
beforeAll(async () => {
  recorded = openRecordingStore();
  await tour(recorded.store);
});

/** Whatever is asked of a store that has never been analysed. */
describe('on a store of any age', () => {
  const faults = () =>
    [...recorded.statements].flatMap((sql) => {
      if (/^(begin|commit|rollback)$/.test(sql)) return [];
      const fault = faultOf(recorded.db, sql);
      return fault === null ? [] : [`${fault}\n    ${sql}`];
    });

  it('no statement looks at more than a page, or at what is little', () => {
    expect(recorded.statements.size).toBeGreaterThan(100);
    expect(faults()).toEqual([]);
  });

  it('what must not be overtaken is found by its key, and not among all that is owed', () => {
    const steps = [...recorded.statements]
      .filter((sql) => sql.includes('"earlier"') || sql.includes('"later"'))
      .flatMap((sql) => recorded.db.prepare(`explain query plan ${sql}`).all())
      .map(({ detail }) => String(detail))
      .filter((step) => /\b(earlier|later)\b/.test(step));
    expect(steps.length).toBeGreaterThan(0);
    for (const step of steps)
      expect(step).toContain('INDEX delivery_order (channel=? AND order_key=? AND <expr>');
  });

  it('what stands before something urgent is found from that, and not among all that is owed', () => {
    const [sql = ''] = [...recorded.statements].filter((each) => each.includes('as "last"'));
    const steps = recorded.db
      .prepare(`explain query plan ${sql}`)
      .all()
      .map(({ detail }) => String(detail))
      .filter((step) => /^(SEARCH|SCAN) (delivery|earlier)\b/.test(step));
    expect(steps).toEqual([
      'SEARCH delivery USING INTEGER PRIMARY KEY (rowid=?)',
      'SCAN delivery USING INDEX delivery_urgent',
      'SEARCH earlier USING INDEX delivery_order (channel=? AND order_key=? AND <expr><?)',
    ]);
  });

  it('a look for what a fallback is to get goes through nothing that grows while the channel accepts nothing', () => {
    const looks = [...recorded.statements].filter((sql) => sql.includes('covered_by in'));
    expect(looks).toHaveLength(2);
    const faults = looks.map((sql) => faultOf(recorded.db, sql, { isOwedLittle: false }));
    expect(faults).toEqual([null, null]);
  });

  it('the oldest that a channel owes is found without a look at the others', () => {
    const looks = [...recorded.statements].filter((sql) => sql.startsWith('select "covered_by"'));
    expect(looks).toHaveLength(2);
    const steps = looks.flatMap((sql) => recorded.db.prepare(`explain query plan ${sql}`).all());
    expect(steps.map(({ detail }) => detail)).toEqual(
      looks.map(() => 'SEARCH delivery USING INDEX delivery_late (channel=? AND covered_by>?)'),
    );
  });

  it('when a channel has something due next is found in the order of its schedule, however much it is owed', () => {
    const reads = [...recorded.statements].filter((sql) => sql.includes('coalesce(d.held_until, 0)'));
    const plans = reads.map((sql) =>
      recorded.db
        .prepare(`explain query plan ${sql}`)
        .all()
        .map(({ detail }) => String(detail))
        .filter((step) => /^(SEARCH|SCAN) d\b|ORDER BY/.test(step)),
    );
    const byPart = 'SEARCH d USING INDEX delivery_due (channel=? AND urgent=? AND';
    expect(plans).toEqual([
      ['SEARCH d USING INDEX delivery_leased (lease_owner>?)'],
      [`${byPart} <expr>>? AND <expr><?)`],
      [`${byPart} <expr>=? AND next_attempt_at>?)`],
      [`${byPart} <expr>=? AND next_attempt_at>? AND next_attempt_at<?)`],
    ]);
    // Each but the first, which finds what is in hand, reads one row, or steps over a fixed number.
    for (const sql of reads.slice(1)) expect(sql).toMatch(/ limit \?( offset \d+)?$/);
  });

  it('a list of what is owed reads a page of it, however much that is', () => {
    const lists = [...recorded.statements].filter(
      (sql) => sql.startsWith('select "position" from "delivery"') && sql.includes("'pending'"),
    );
    expect(lists.length).toBeGreaterThan(0);
    const steps = lists.flatMap((sql) => recorded.db.prepare(`explain query plan ${sql}`).all());
    expect(new Set(steps.map(({ detail }) => String(detail).replace(/ \(.*/, '')))).toEqual(
      new Set(['SEARCH delivery USING COVERING INDEX delivery_pending']),
    );
  });

  it('every method of the store has been asked', () => {
    expect(Object.keys(recorded.store).filter((name) => !recorded.called.has(name))).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { createEngine } from '../../src/templates/engine.ts';
import { KNOWN_NAMES, type Names, valuesOf } from '../../src/templates/values.ts';
import { aJob, anEvent, MINUTE, T0 } from '../support/builders.ts';
import { PATIENCE_MS } from '../support/patience.ts';

const CHANNEL = { name: 'oncall', type: 'slack', timeZone: 'Europe/Berlin' };

/** Everything that an event can have. */
const full = anEvent('failed', {
  note: 'one\ntwo',
  labels: { team: 'payments' },
  inferred: true,
  late: true,
  job: aJob(['started', 'failed'], {
    snapshotId: 'a',
    snapshotAt: T0,
    targetGroupId: 'b',
    targetClusterName: 'orders-copy',
    targetGroupName: 'stage',
    finishedAt: T0 + 14 * MINUTE,
    expiresAt: T0,
    warnings: true,
    errorMessage: 'no\u202Eway',
    progress: { done: 1, total: 2 },
    batchId: 'c',
    actor: { confidence: 'exact', id: 'u', name: 'ann', address: '203.0.113.7' },
  }),
});

async function rendered(text: string, event = full, timeZone: string | null = CHANNEL.timeZone) {
  const engine = await createEngine({
    escapeValue: (value) => `[${value}]`,
    timeZone,
    renderLimitMs: PATIENCE_MS,
  });
  return engine.parse(text).render(valuesOf(event, CHANNEL, null));
}

function expectNamed(value: unknown, names: Names, path = ''): void {
  const keys = Object.keys(value as object).sort();
  expect({ path, keys }).toEqual({ path, keys: Object.keys(names).sort() });
  for (const [name, below] of Object.entries(names)) {
    const inside = (value as Record<string, unknown>)[name];
    if (below !== null && inside !== null) expectNamed(inside, below, `${path}.${name}`);
  }
}

describe('what a template can speak of', () => {
  it('is named in full, so that a slip is found', () => {
    expectNamed(valuesOf(full, CHANNEL, null), KNOWN_NAMES);
    const place = { groupId: 'a', projectName: null, instanceName: 'users' };
    const { event } = valuesOf(anEvent('watch_failing', { place }), CHANNEL, null);
    expectNamed(event, KNOWN_NAMES.event as Names);
  });

  it('is the event, the job, the built-in words and the channel', async () => {
    expect(
      await rendered(
        '{{ event.name }} {{ event.labels.team }} {{ job.targetClusterName }} {{ message.title }} {{ channel.name }}',
      ),
    ).toBe(`[failed] [payments] [orders-copy] [${full.summary}] [oncall]`);
  });

  it('is on one line each, without marks that turn the reading direction', async () => {
    expect(await rendered('{{ event.note }} {{ job.errorMessage }}')).toBe('[one two] [no way]');
  });

  it('comes out empty where there is none, and where it is no text', async () => {
    const watch = anEvent('watch_failing');
    expect(await rendered('{{ job.id }}{{ event.labels }}{{ event.name.constructor }}', watch)).toBe(
      '[][][]',
    );
  });

  it('has no prototype to climb', async () => {
    expect(await rendered('{{ event["__proto__"] }}{{ event.labels["constructor"]["name"] }}')).toBe('[][]');
  });

  it.each([
    '{{ event.name }}',
    '{% echo event.name %}',
    '{% liquid echo event.name %}',
    '{% cycle event.name %}',
    '{% assign x = event.name %}{{ x }}',
  ])('is escaped however it is put out: %s', async (text) => {
    expect(await rendered(text)).toBe('[failed]');
  });
});

describe('the filter time', () => {
  const happened = '2026-11-02 08:14:05 UTC';

  it.each([
    ['', 'Europe/Berlin', `${happened} = 2026-11-02 09:14:05 GMT+1`],
    ['', null, happened],
    [': "utc"', 'Europe/Berlin', happened],
    [': "zone"', 'Europe/Berlin', '2026-11-02 09:14:05 GMT+1'],
    [': "zone"', null, happened],
  ])('shows an instant: time%s in %s', async (which, zone, text) => {
    expect(await rendered(`{{ event.occurredAt | time${which} }}`, full, zone)).toBe(`[${text}]`);
  });

  it('shows nothing for nothing', async () => {
    expect(await rendered('{{ job.finishedAt | time }}', anEvent('started'))).toBe('[]');
  });
});

describe('the filter span', () => {
  it('says how long it is from one instant to another, or how long a number of milliseconds is', async () => {
    expect(await rendered('{{ job.createdAt | span: event.occurredAt }}')).toBe('[14 min]');
    expect(await rendered('{{ 7200000 | span }}')).toBe('[2 h]');
    expect(await rendered('{{ job.finishedAt | span: event.occurredAt }}', anEvent('started'))).toBe('[]');
  });
});

import { describe, expect, it } from 'vitest';
import { aJob, anEvent, anObservation, HOUR, jobId } from '../support/builders.ts';
import { readingStore, recorded } from '../support/reading-store.ts';
import { cli, NOW } from './harness.ts';

function aStore() {
  return readingStore({
    observations: [
      anObservation(aJob(['finished'], { id: jobId(1) })),
      anObservation(aJob([], { id: jobId(2) })),
    ],
  });
}

describe('attest', () => {
  it('keeps who says what of which restore, and says so', async () => {
    const store = aStore();
    const said = ['--result', 'passed', '--by', 'Ann Example', '--ticket', 'OPS-17', '--note', '4,211 rows'];
    const { code, out } = await cli(['attest', jobId(1), ...said, '--clean-up', 'done'], { store });
    expect(code).toBe(0);
    expect(store.content.attestations).toEqual([
      {
        ...{ id: 1, jobId: jobId(1), at: NOW, result: 'passed', by: 'Ann Example' },
        ...{ ticket: 'OPS-17', note: '4,211 rows', cleanUp: 'done' },
      },
    ]);
    expect(out).toContain(
      `Restore ${jobId(1)} passed, attested by Ann Example (OPS-17): 4,211 rows; test data removed.`,
    );
    expect(store.isClosed).toBe(true);
  });

  it('understands the id as messages show it, and answers in JSON', async () => {
    const store = aStore();
    const short = `${jobId(1).slice(0, 4)}...${jobId(1).slice(-4)}`;
    const { out } = await cli(['attest', short, '--result', 'failed', '--by', 'ci', '--json'], { store });
    expect(JSON.parse(out)).toEqual({
      ...{ id: 1, jobId: jobId(1), at: new Date(NOW).toISOString(), result: 'failed', by: 'ci' },
      ...{ ticket: null, note: null, cleanUp: null },
    });
  });

  it.each([
    [['attest', jobId(1), '--result', 'passed'], 2, '--by'],
    [['attest', jobId(1), '--by', 'ann'], 2, '--result'],
    [['attest', jobId(1), '--result', 'good', '--by', 'ann'], 2, 'good'],
    [['attest', jobId(1), '--result', 'passed', '--by', ' '], 2, 'must not be empty'],
    [['attest', jobId(2), '--result', 'passed', '--by', 'ann'], 2, 'has not ended'],
    [['attest', '?', '--result', 'passed', '--by', 'ann'], 2, 'is not the id'],
    [['attest', jobId(7), '--result', 'passed', '--by', 'ann'], 1, 'no restore job on record'],
  ])('%j is refused, and nothing is kept', async (argv, code, said) => {
    const store = aStore();
    const done = await cli(argv, { store });
    expect(done.code).toBe(code);
    expect(done.err).toContain(said);
    expect(store.content.attestations).toEqual([]);
  });

  it('is shown by history where the job is meant, in its place of time', async () => {
    const store = aStore();
    const finished = anEvent('finished', {
      job: aJob(['finished'], { id: jobId(1) }),
      detectedAt: NOW - HOUR,
    });
    store.content.events.push(recorded(finished));
    await cli(['attest', jobId(1), '--result', 'failed', '--by', 'ann', '--note', 'rows differ'], { store });
    const { out } = await cli(['history', jobId(1)], { store });
    const lines = out.split('\n').map((line) => line.trim());
    const at = lines.findIndex((line) =>
      /attested {2}Restore .* failed, attested by ann: rows differ$/.test(line),
    );
    expect(at).toBeGreaterThan(lines.findIndex((line) => / finished {2}/.test(line)));
    expect(lines[at + 1]).toBe(`job ${jobId(1)}, watch orders`);
    expect(lines.slice(at + 2).join('')).not.toContain('found');
    const listed = JSON.parse((await cli(['history', jobId(1), '--json'], { store })).out);
    expect(JSON.stringify(listed)).toContain('"event":"attested"');
  });
});

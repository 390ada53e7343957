import { describe, expect, it } from 'vitest';
import {
  attribute,
  type RequestedJob,
  type RestoreRequest,
} from '../../../src/domain/evidence/attribution.ts';

const SECOND = 0x6b0a0000;
const [ANN, BOB] = ['ann', 'bob'].map((name) => ({ id: `id-${name}`, name, address: null }));
const PROCESS = '0123456789';

function id(seconds: number, counter: number, process = PROCESS): string {
  const hex = (value: number, width: number) => value.toString(16).padStart(width, '0');
  return `${hex(SECOND + seconds, 8)}${process}${hex((counter + 2 ** 24) % 2 ** 24, 6)}`;
}

function request(seconds: number, counter: number, { person = ANN, process = PROCESS } = {}): RestoreRequest {
  if (!person) throw new Error('nobody');
  const type = 'CPS_RESTORE_REQUESTED_AUDIT';
  return { id: id(seconds, counter, process), type, at: (SECOND + seconds) * 1_000, person };
}

function job(seconds: number, counter: number, kind: RequestedJob['kind'] = 'cluster'): RequestedJob {
  return { id: id(seconds, counter), kind };
}

const JOB = job(0, 100);
const of = (requests: RestoreRequest[], others: RequestedJob[] = []) =>
  attribute([JOB, ...others], requests).get(JOB.id);

/** The twelve pairs that were recorded: seconds and steps of the counter from the job to its event. */
const RECORDED: Array<[seconds: number, steps: number]> = [
  ...Array.from({ length: 5 }, (): [number, number] => [0, 4]),
  [1, 4],
  [0, 5],
  [0, 6],
  [0, 6],
  [0, 6],
  [0, 36],
  [0, 60],
];

describe('who began a restore', () => {
  it.each(RECORDED)('is exact %i s and %i steps after the job, in one process', (seconds, steps) => {
    expect(of([request(seconds, 100 + steps)])).toEqual({ confidence: 'exact', ...ANN });
  });

  it.each([
    [2, 255, 'exact'],
    [2, 256, 'likely'],
    [3, 4, 'likely'],
    [0, 0, 'likely'],
    [-1, 104, 'likely'],
    [10, 4, 'likely'],
    [-10, 4, 'likely'],
    [11, 4, 'none'],
    [-11, 4, 'none'],
  ])('%i s and %i steps from the job is %s', (seconds, steps, confidence) => {
    expect(of([request(seconds, 100 + steps)])).toMatchObject({ confidence });
  });

  it('goes on over the end of the counter', () => {
    const last = job(0, -2);
    expect(attribute([last], [request(0, 2)]).get(last.id)).toEqual({ confidence: 'exact', ...ANN });
  });

  it('is likely at best where another process made the event', () => {
    expect(of([request(0, 104, { process: 'ffffffffff' })])).toEqual({ confidence: 'likely', ...ANN });
  });

  it('is the nearest request, and each request is of the nearest job before it alone', () => {
    const other = job(0, 110);
    const both = attribute([JOB, other], [request(0, 104), request(0, 114, { person: BOB })]);
    expect(both.get(JOB.id)).toEqual({ confidence: 'exact', ...ANN });
    expect(both.get(other.id)).toEqual({ confidence: 'exact', ...BOB });
    expect(of([request(0, 114, { person: BOB })], [other])).toEqual({
      confidence: 'none',
      because: 'not_told',
    });
  });

  it('is ambiguous where several fit equally, unless they are one person', () => {
    const other = { process: 'ffffffffff' };
    expect(of([request(1, 1, other), request(-1, 2, { ...other, person: BOB })])).toEqual({
      confidence: 'ambiguous',
      candidates: [BOB, ANN],
    });
    expect(of([request(1, 1, other), request(-1, 2, other)])).toEqual({ confidence: 'likely', ...ANN });
  });

  it('is said of a collection only where a request is exactly its own', () => {
    const collection = job(0, 100, 'collection');
    const whose = (requests: RestoreRequest[]) => attribute([collection], requests).get(collection.id);
    expect(whose([request(0, 104)])).toEqual({ confidence: 'exact', ...ANN });
    for (const near of [request(0, 104, { process: 'ffffffffff' }), request(3, 104)])
      expect(whose([near])).toEqual({ confidence: 'none', because: 'not_told' });
  });

  it('is nobody whose request is of another kind', () => {
    const flex = request(0, 104);
    flex.type = 'TENANT_RESTORE_REQUESTED_AUDIT';
    expect(of([flex])).toEqual({ confidence: 'none', because: 'not_told' });
    expect(attribute([job(0, 100, 'flex')], [flex]).get(JOB.id)).toEqual({ confidence: 'exact', ...ANN });
  });

  it('is ambiguous where more jobs than requests lie that near to one another', () => {
    const elsewhere = { process: 'ffffffffff' };
    const one = request(1, 1, elsewhere);
    expect(of([one], [job(1, 400)])).toEqual({ confidence: 'ambiguous', candidates: [ANN] });
    expect(of([one, request(2, 2, elsewhere)], [job(1, 400)])).toEqual({ confidence: 'likely', ...ANN });
    // Whose own request is known takes none of the others.
    const exact = request(1, 404, { person: BOB });
    expect(of([one, exact], [job(1, 400)])).toEqual({ confidence: 'likely', ...ANN });
  });

  it('is nobody where the feed tells of nothing, and unknown where an id says nothing', () => {
    expect(of([])).toEqual({ confidence: 'none', because: 'not_told' });
    expect(attribute([{ id: 'x', kind: 'cluster' }], [request(0, 104)]).get('x')).toBeNull();
  });
});

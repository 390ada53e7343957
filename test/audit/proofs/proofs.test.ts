import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkProofs } from '../../../src/audit/proofs/check-proofs.ts';
import { writeProofs } from '../../../src/audit/proofs/proof-files.ts';
import type { LineReader } from '../../../src/audit/proofs/proofs.ts';
import { proveJob } from '../../../src/audit/proofs/prove-job.ts';
import type { AuditHead } from '../../../src/domain/audit.ts';
import { parseCheckpoint } from '../../../src/domain/evidence/checkpoint.ts';
import { logProofText, parseLogProof } from '../../../src/domain/evidence/log-proof.ts';
import { verifierKeyText } from '../../../src/domain/evidence/signed-note.ts';
import { temporaryDirectory } from '../../store/support.ts';
import { jobId } from '../../support/builders.ts';
import { aLogKey, SignedLog, signLines, treeOf } from '../../support/signed-log.ts';

const [JOB, OTHER] = [jobId(1), jobId(2)];

/** A log in which two jobs are told of, with entries of all kinds about each, and much else. */
function aLog(): SignedLog {
  const log = new SignedLog();
  for (let round = 1; round <= 40; round += 1) {
    log.append({ kind: 'poll.failed', data: { watch: 'orders', detail: `not of ${JOB}` } });
    if (round % 10 !== 0) continue;
    for (const job of [JOB, OTHER]) {
      const eventId = `event-${job}-${round}`;
      log.append(
        { kind: 'observation.changed', data: { watch: 'orders', jobId: job, note: 'a "quoted" ë' } },
        { kind: 'transition', data: { eventId, jobId: job, event: 'started' } },
        { kind: 'decision', data: { eventId, event: 'started', decision: 'deliver', channel: 'oncall' } },
        { kind: 'delivery.attempted', data: { eventId, jobId: job, outcome: 'delivered' } },
        { kind: 'delivery.redriven', data: { eventId, jobId: null } },
      );
    }
  }
  return log;
}

const reader = (lines: readonly string[]) => async (after: number, limit: number) => ({
  lines: lines.slice(after, after + limit).map((body, index) => ({ seq: after + index + 1, body })),
  start: null,
});

const signedBy = (note: string) => {
  const checkpoint = parseCheckpoint(note);
  if (checkpoint === null) throw new Error('this is no checkpoint');
  return { checkpoint, note };
};

/** The proofs of a job, written to a directory. */
async function proofsOf(log: SignedLog, note: string, job = JOB) {
  const directory = temporaryDirectory();
  const proofs = await proveJob(reader(log.lines), job, signedBy(note));
  await writeProofs(directory, proofs.proven);
  return { directory, ...proofs };
}

/** What the verifier in Python says of proofs. */
function python(files: readonly string[], key: string): { code: number | null } {
  const { status } = spawnSync('python3', ['config/audit/verify_proof.py', '--key', key, ...files]);
  return { code: status };
}

describe('the proofs of the entries of a job', () => {
  it('hold without the log, for every entry about the job and for no other, by both verifiers', async () => {
    const log = aLog();
    const note = log.sign();
    const { directory, proven, unsigned } = await proofsOf(log, note);
    expect(unsigned).toBe(0);
    expect(proven.map(({ entry }) => entry.kind)).toEqual(
      Array.from({ length: 4 }).flatMap(() => [
        'observation.changed',
        'transition',
        'decision',
        'delivery.attempted',
        'delivery.redriven',
      ]),
    );
    const checked = await checkProofs(directory, log.key.verifier);
    expect(checked.map(({ entry, fault }) => [entry?.seq, fault])).toEqual(
      proven.map(({ entry }) => [entry.seq, null]),
    );
    // Each costs a start of openssl.
    const files = [proven[0], proven.at(-1)].map((one) =>
      join(directory, `entry-${one?.entry.seq}.tlog-proof`),
    );
    expect(python(files, verifierKeyText(log.key.verifier))).toMatchObject({ code: 0 });
  });

  it('leave out what was written behind the checkpoint, and say so', async () => {
    const log = aLog();
    const note = log.sign();
    log.append({ kind: 'anomaly.seen', data: { jobId: JOB, problem: 'late' } });
    const { proven, unsigned } = await proofsOf(log, note);
    expect([proven.length, unsigned]).toEqual([20, 1]);
  });

  it('are made anew when the log is cut while they are made', async () => {
    const log = aLog();
    const note = log.sign();
    const cut = 500;
    for (let round = 0; round < 600; round += 1)
      log.append({ kind: 'poll.failed', data: { watch: 'orders' } });
    log.append({ kind: 'anomaly.seen', data: { jobId: JOB, problem: 'late' } });
    const last = log.sign();
    const stub = {
      last: JSON.parse(log.lines[cut - 1] ?? '') as AuditHead,
      frontier: treeOf(log.lines.slice(0, cut)),
      ...{ checkpoint: note, key: '' },
    };
    let reads = 0;
    const whole = reader(log.lines);
    const read: LineReader = async (after, limit) => {
      reads += 1;
      return reads === 1
        ? whole(after, limit)
        : { ...(await whole(Math.max(after, cut), limit)), start: stub };
    };
    const { proven } = await proveJob(read, JOB, signedBy(last));
    expect(proven.map(({ entry }) => entry.kind)).toEqual(['anomaly.seen']);
  });

  it('are not made of a log that is not the one that was signed', async () => {
    const log = aLog();
    const forged = log.lines.with(3, log.lines[4] ?? '');
    const proving = proveJob(reader(forged), JOB, signedBy(log.sign()));
    await expect(proving).rejects.toMatchObject({ reason: 'damaged' });
    const cut = proveJob(reader(log.lines.slice(0, 30)), JOB, signedBy(log.sign()));
    await expect(cut).rejects.toMatchObject({ reason: 'damaged' });
  });
});

describe('a proof that is not right', () => {
  const edit = (file: string, change: (text: string) => string): void =>
    writeFileSync(file, change(readFileSync(file, 'utf8')));

  it.each<[string, (name: string) => void, RegExp]>([
    [
      'another line',
      (name) => cpSync(`${name.replace(/\d+$/, '16')}.json`, `${name}.json`),
      /this is entry 16/,
    ],
    [
      'its line, changed',
      (name) => edit(`${name}.json`, (line) => line.replace('orders', 'ordres')),
      /is not entry 12 of the log/,
    ],
    ['what is no entry', (name) => writeFileSync(`${name}.json`, '"text"\n'), /is no audit entry/],
    ['no line', (name) => rmSync(`${name}.json`), /is not there/],
    [
      'another place',
      (name) => edit(`${name}.tlog-proof`, (proof) => proof.replace(/index \d+/, 'index 12')),
      /it is about entry 13/,
    ],
    [
      'a hash that was changed',
      (name) =>
        edit(`${name}.tlog-proof`, (proof) =>
          proof.replace(/(?<=index \d+\n)./, (first) => (first === 'A' ? 'B' : 'A')),
        ),
      /is not entry 12 of the log/,
    ],
    [
      'a hash less',
      (name) => edit(`${name}.tlog-proof`, (proof) => proof.replace(/(index \d+\n)\S+\n/, '$1')),
      /is not entry 12 of the log/,
    ],
    [
      'a checkpoint of another size',
      (name) => edit(`${name}.tlog-proof`, (proof) => proof.replace(/log\n\d+\n/, 'log\n80\n')),
      /signature does not fit/,
    ],
    ['nothing in it', (name) => writeFileSync(`${name}.tlog-proof`, ''), /this is no proof/],
  ])('does not hold for %s', async (_what, damage, fault) => {
    const log = aLog();
    const { directory } = await proofsOf(log, log.sign());
    damage(join(directory, 'entry-12'));
    const checked = await checkProofs(directory, log.key.verifier);
    const wrong = checked.filter((one) => one.fault !== null);
    expect(wrong).toHaveLength(1);
    expect(wrong[0]).toMatchObject({ file: join(directory, 'entry-12.tlog-proof') });
    expect(wrong[0]?.fault).toMatch(fault);
    const files = [join(directory, 'entry-12.tlog-proof')];
    expect(python(files, verifierKeyText(log.key.verifier))).toMatchObject({ code: 1 });
  });

  it('does not hold when another key has signed the checkpoint', async () => {
    const log = aLog();
    const { directory } = await proofsOf(log, log.sign());
    const other = aLogKey().verifier;
    const checked = await checkProofs(directory, other);
    expect(checked.every(({ fault }) => fault?.includes('not signed by the key'))).toBe(true);
    const files = [join(directory, 'entry-12.tlog-proof')];
    expect(python(files, verifierKeyText(other))).toMatchObject({ code: 1 });
  });

  it('is not looked for where there is none', async () => {
    const key = aLogKey().verifier;
    await expect(checkProofs(temporaryDirectory(), key)).rejects.toMatchObject({ reason: 'unavailable' });
    await expect(checkProofs('/nowhere', key)).rejects.toMatchObject({ reason: 'unavailable' });
  });
});

describe('the text of a proof', () => {
  it('is read back, with extra data of others or without', () => {
    const log = aLog();
    const note = signLines(log.lines, log.key);
    const text = logProofText({ index: 0, hashes: [] }, note);
    expect(text).toBe(`c2sp.org/tlog-proof@v1\nindex 0\n\n${note}`);
    expect(parseLogProof(text)).toMatchObject({ index: 0, hashes: [] });
    expect(parseLogProof(text.replace('index', 'extra AAAA\nindex'))).toMatchObject({ index: 0 });
  });

  it.each([
    'index 007',
    'index -1',
    'index',
    'index 1e3',
    'extra AAAA\nextra AAAA\nindex 0',
    'index 0\nindex 0',
  ])('is none with the lines %j', (lines) => {
    const log = aLog();
    const text = `c2sp.org/tlog-proof@v1\n${lines}\n\n${signLines(log.lines, log.key)}`;
    expect(parseLogProof(text)).toBeNull();
  });
});

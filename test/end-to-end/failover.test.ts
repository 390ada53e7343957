import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseVerifierKey, witnessKeyText } from '../../src/domain/evidence/signed-note.ts';
import { createFaultLog } from '../../src/logging/fault-log.ts';
import { finish } from '../../src/simulator/atlas/scenario.ts';
import { createServedWitness } from '../../src/witness/served-witness.ts';
import { serve } from '../http/serve.ts';
import { openForTest } from '../store/support.ts';
import { T0 } from '../support/builders.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { startPostgres } from '../support/postgres/server.ts';
import { hasPostgres } from '../support/postgres/shared.ts';
import { aWitnessKey } from '../support/signed-log.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';
import { awaken, command, GROUP, INSTANCE, logKeyOf, settle, startWorld, until } from './support.ts';

const SIGNING_DAEMON = join(import.meta.dirname, 'signing-daemon.ts');

/** What a webhook is told of the audit log. */
interface ToldOfLog {
  id: string;
  data: {
    event: string;
    note?: string;
    log?: string;
    witness?: string;
    checkpoint?: { size: number; note: string };
    job?: { id: string };
  };
}

/** A witness elsewhere; it learns of the log's key later than the log of its own. */
async function aWitness() {
  const key = aWitnessKey();
  let logKey: string | null = null;
  const clock = createManualClock(T0);
  const served = createServedWitness({
    store: await openForTest({ path: ':memory:' }),
    clock,
    faultLog: createFaultLog(createRecordingLogger(), clock),
    key,
    logs: () => [parseVerifierKey(logKey ?? '') ?? []].flat(),
  });
  /** What it was asked and what it said, for who reads of a failure: the first lines of each. */
  const talk: string[] = [];
  const heard = {
    ...served,
    answer: async (text: string) => {
      const answer = await served.answer(text);
      const [oldSize = '', size = ''] = [text.split('\n')[0], text.split('\n\n')[1]?.split('\n')[1]];
      talk.push(`${oldSize}, size ${size}: ${answer.status} ${answer.body.slice(0, 60).trim()}`);
      return answer;
    },
  };
  const { server } = await serve({}, { witness: async () => heard });
  const config = { url: `${server.url}/witness`, key: witnessKeyText(key.verifier) };
  return { config, talk, learn: (text: string) => (logKey = text) };
}

describe.skipIf(!hasPostgres())('a failover that loses commits', () => {
  it('is told by the file and by the witness, and shows against a checkpoint that was kept elsewhere; what was lost is told again under its ids', {
    timeout: 300_000,
  }, async () => {
    const server = await startPostgres();
    onTestFinished(server.remove);
    const world = await startWorld();
    const witness = await aWitness();
    const home = await settle(
      world.config({
        store: { url: server.url },
        audit: { file: 'audit.jsonl', origin: 'example.com/log', witnesses: [witness.config] },
        routes: [{ events: ['*', 'checkpoint'], channels: ['webhook'] }],
      }),
    );
    const daemon = await awaken(home, {}, SIGNING_DAEMON);
    witness.learn(await logKeyOf(home));
    const told = () => world.webhook.accepted().map(({ json }) => json as ToldOfLog);
    const signed = () => told().flatMap(({ data }) => data.checkpoint ?? []);
    /** How many entries the witness has cosigned. */
    const cosigned = async (): Promise<number> => {
      const lines = (await readFile(home.auditFile, 'utf8')).split('\n');
      const [last] = lines.filter((line) => line.includes('"kind":"checkpoint.cosigned"')).slice(-1);
      return last === undefined ? 0 : JSON.parse(last).data.size;
    };

    const first = world.startJob();
    await until(() => told().some(({ data }) => data.job?.id === first), 'the first restore to be told');
    const takeOver = await server.backUp();
    const lost = world.startJob();
    world.atlas.updateJob(GROUP, INSTANCE, first, finish(Date.now()));
    const idsOf = (job: string) =>
      told().flatMap(({ id, data }) => (data.job?.id === job ? `${data.event} ${id}` : []));
    await until(() => idsOf(lost).length === 1 && idsOf(first).length === 2, 'what will be lost to be told');
    // One that was made before, and is told of now, may be over what is not lost alone: what counts is how many entries it is over.
    const seqOfLost = async (): Promise<number> => {
      const line = (await readFile(home.auditFile, 'utf8')).split('\n').find((each) => each.includes(lost));
      return line === undefined ? Number.POSITIVE_INFINITY : JSON.parse(line).seq;
    };
    world.startJob();
    await until(
      async () => (signed().at(-1)?.size ?? 0) >= (await seqOfLost()),
      'a checkpoint over it to leave the house',
    );
    const { note: kept = '', size = 0 } = signed().at(-1) ?? {};
    await until(async () => (await cosigned()) >= size, 'the witness to cosign it');

    await takeOver();
    // What had been accepted and was not noted by then is sent again too, under its id.
    await until(
      () => idsOf(lost).length >= 2 && idsOf(first).filter((one) => one.startsWith('finished')).length >= 2,
      'what was lost to be told again',
    );
    expect(new Set(idsOf(lost)).size).toBe(1);
    expect(new Set(idsOf(first)).size).toBe(2);
    const forks = () => told().filter(({ data }) => data.event === 'audit_forked');
    // A witness is asked for each checkpoint, and those are made when there is something new.
    for (let asked = 0; forks().length < 2; asked += 1) {
      const all = [JSON.stringify(forks()), ...witness.talk, daemon.output()];
      expect(asked, all.join('\n')).toBeLessThan(20);
      const known = signed().length;
      world.startJob();
      await until(() => forks().length === 2 || signed().length > known, 'the next checkpoint');
    }
    expect(
      forks()
        .map(({ data }) => data)
        .toSorted((a, b) => (a.witness ?? '').localeCompare(b.witness ?? '')),
    ).toMatchObject([
      {
        witness: 'audit.file',
        log: 'example.com/log',
        severity: 'critical',
        note: expect.stringMatching(/^it had \d+ entries; the end of \S+damaged\S+ is the only record/),
      },
      { witness: 'witness.example/w1', log: 'example.com/log', severity: 'critical' },
    ]);

    expect((await daemon.kill('SIGTERM')).code).toBe(0);
    await writeFile(join(home.dir, 'kept.note'), kept);
    // A verification ends at the first one that does not fit, and the daemon's own copies may hold one over less of what was lost.
    await rm(join(home.dir, 'audit.checkpoints'));
    const verdict = await command(home, ['audit', 'verify', '--checkpoint', 'kept.note', '--json']);
    expect(verdict.code).toBe(1);
    expect(JSON.parse(verdict.stdout)).toMatchObject({
      first: { entry: size, how: 'other_history' },
      problems: expect.arrayContaining([
        `store: the checkpoint kept.note: its ${size} entries are not the first ${size} of this log`,
      ]),
    });
    expect(forks()).toHaveLength(2);
  });
});

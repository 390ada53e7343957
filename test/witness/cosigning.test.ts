import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { rootOf } from '../../src/domain/evidence/audit-tree.ts';
import { makeCheckpoint, parseCheckpoint } from '../../src/domain/evidence/checkpoint.ts';
import {
  cosignedAt,
  parseNote,
  type SigningKey,
  verifierKeyText,
} from '../../src/domain/evidence/signed-note.ts';
import { createFaultLog } from '../../src/logging/fault-log.ts';
import { createSignals } from '../../src/signals.ts';
import type { Store } from '../../src/store/store.ts';
import { createWitnessing } from '../../src/watcher/keep/witnessing.ts';
import { createServedWitness } from '../../src/witness/served-witness.ts';
import type { WitnessAnswer } from '../../src/witness/witness.ts';
import { createWitnessClient } from '../../src/witness/witness-client.ts';
import { serve } from '../http/serve.ts';
import { aDraft, openForTest, temporaryDirectory } from '../store/support.ts';
import { aRoute, MINUTE, T0 } from '../support/builders.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { PATIENCE_MS } from '../support/patience.ts';
import { aRecorder } from '../support/recorder.ts';
import { aLogKey, aWitnessKey } from '../support/signed-log.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';

const WITNESS = aWitnessKey();

/** A log that can be signed, in a file of its own. */
async function aLog(name: string, directory = temporaryDirectory()) {
  const path = join(directory, 'watcher.db');
  const store = await openForTest({ path });
  return { store, path, key: aLogKey(name) };
}

async function sign({ store, key }: { store: Store; key: SigningKey }, entries = 3): Promise<void> {
  await store.recordAudit(Array.from({ length: entries }, (_, index) => aDraft(index)));
  await store.recordCheckpoint({
    at: T0,
    key: verifierKeyText(key.verifier),
    sign: (tree) => makeCheckpoint({ size: tree.size, root: rootOf(tree) }, key),
  });
}

/** A daemon that is a witness for these logs. */
async function aWitness(logs: SigningKey[], store?: Store) {
  const clock = createManualClock(T0);
  const logger = createRecordingLogger();
  const served = createServedWitness({
    store: store ?? (await openForTest({ path: ':memory:' })),
    clock,
    faultLog: createFaultLog(logger, clock),
    key: WITNESS,
    logs: () => logs.map(({ verifier }) => verifier),
  });
  const { server } = await serve({}, { witness: async () => served, token: () => 'a-token-for-acting-0123' });
  return { url: server.url, served, logger };
}

/** Has a log cosigned at this address, beat by beat. */
function witnessed({ store }: { store: Store }, url: string) {
  const clock = createManualClock(T0);
  const logger = createRecordingLogger();
  const signals = createSignals(logger);
  const routes = [aRoute({ events: ['*'], channels: ['oncall'] })];
  const witness = createWitnessClient({ url: `${url}/witness`, key: WITNESS.verifier, caFile: null });
  const witnessing = createWitnessing({
    store,
    recorder: aRecorder({ store, clock, signals, logger }, { routes }),
    clock,
    signals,
    faultLog: createFaultLog(logger, clock),
  });
  witnessing.apply([witness]);
  onTestFinished(async () => {
    await witnessing.stop();
    witness.close();
  });
  const beat = () => {
    clock.advance(MINUTE);
    signals.emit('audit:signed', {});
    witnessing.beat();
  };
  const events = async () => (await store.listEvents({ limit: 9 })).items.map(({ event }) => event);
  const cosigned = async () => {
    const note = parseNote((await store.lastCheckpoint()).last?.note ?? '');
    return note === null ? null : cosignedAt(note, WITNESS.verifier);
  };
  return { beat, events, cosigned, logger };
}

/** Has a log of some entries cosigned by a witness that answers like this. */
async function witnessedBy(ask: () => Promise<WitnessAnswer>) {
  const log = await aLog('example.com/one');
  await sign(log);
  const clock = createManualClock(T0);
  const logger = createRecordingLogger();
  const signals = createSignals(logger);
  const witnessing = createWitnessing({
    store: log.store,
    recorder: aRecorder({ store: log.store, clock, signals, logger }, {}),
    clock,
    signals,
    faultLog: createFaultLog(logger, clock),
  });
  witnessing.apply([{ name: 'slow', ask, close: () => {} }]);
  return { witnessing, clock, signals, logger };
}
const soon = { timeout: PATIENCE_MS };

describe('a watcher that has its log cosigned by another', () => {
  it('asks again where nothing came of it in a minute and a half, and takes no notice of what comes then', async () => {
    const answers = [Promise.withResolvers<WitnessAnswer>(), Promise.withResolvers<WitnessAnswer>()];
    let asked = 0;
    const { witnessing, clock, logger } = await witnessedBy(() => {
      asked += 1;
      return answers[asked - 1]?.promise ?? Promise.resolve({ kind: 'away', why: 'closed' });
    });
    witnessing.beat();
    await expect.poll(() => asked, soon).toBe(1);
    clock.advance(89_000);
    witnessing.beat();
    expect(logger.lines).toEqual([]);
    clock.advance(1_000);
    witnessing.beat();
    expect(logger.lines).toMatchObject([{ message: expect.stringMatching(/nothing came of asking it/) }]);
    clock.advance(5_000);
    witnessing.beat();
    await expect.poll(() => asked, soon).toBe(2);
    answers[0]?.resolve({ kind: 'away', why: 'late' });
    await new Promise(setImmediate);
    witnessing.beat();
    expect(asked).toBe(2);
    answers[1]?.resolve({ kind: 'away', why: 'busy' });
    await witnessing.settled();
    await witnessing.stop();
    expect(logger.lines.slice(1)).toMatchObject([{ message: expect.stringMatching(/: busy$/) }]);
  });

  it('keeps the cosignature with the checkpoint, and in the log; the next one goes on from there', async () => {
    const log = await aLog('example.com/one');
    const { url } = await aWitness([log.key]);
    const { beat, events, cosigned } = witnessed(log, url);
    for (const size of [4, 9, 14]) {
      await sign(log);
      beat();
      await expect.poll(cosigned, soon).toBe(Math.floor(T0 / 1_000));
      expect((await log.store.witnessView(WITNESS.verifier.name))?.size).toBe(size);
    }
    const kinds = (await log.store.readAudit(0, 99)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'checkpoint.cosigned')).toHaveLength(3);
    expect(await events()).toEqual([]);
  });

  it('is told, once, when its log was rolled back, and again when it grew another way', async () => {
    const directory = temporaryDirectory();
    const log = await aLog('example.com/one', directory);
    const { url, logger: theirs } = await aWitness([log.key]);
    await sign(log);
    const first = witnessed(log, url);
    first.beat();
    await expect.poll(first.cosigned, soon).not.toBeNull();
    // Somebody keeps a copy, and puts it back later.
    const older = temporaryDirectory();
    await log.store.close();
    cpSync(directory, older, { recursive: true });
    const now = { ...log, store: await openForTest({ path: log.path }) };
    await sign(now, 20);
    const second = witnessed(now, url);
    second.beat();
    await expect.poll(second.cosigned, soon).not.toBeNull();

    const back = { ...log, store: await openForTest({ path: join(older, 'watcher.db') }) };
    await sign(back, 1);
    const { beat, events, cosigned, logger } = witnessed(back, url);
    for (let round = 0; round < 3; round += 1) {
      beat();
      await expect.poll(async () => (await events()).map(({ name }) => name), soon).toEqual(['audit_forked']);
    }
    const [{ subject, severity, summary, note } = { subject: null }] = await events();
    expect({ subject, severity, summary }).toEqual({
      subject: { kind: 'audit', origin: 'example.com/one', witness: 'witness.example/w1' },
      severity: 'critical',
      summary: 'The audit log is not the one that witness.example/w1 has seen before',
    });
    expect(note).toMatch(/it has cosigned 26 entries, and the log has \d+/);
    // It grows beyond what the witness has seen: that is another history.
    await sign(back, 40);
    const told = (): string => {
      beat();
      return logger.lines.map(({ message }) => message).join('\n');
    };
    await expect.poll(told, soon).toContain('HTTP 422');
    expect(await cosigned()).toBeNull();
    expect(await events()).toHaveLength(1);
    // Whoever has put it back may have that message suppressed: the witness knows as well.
    expect(theirs.lines).toMatchObject([
      { level: 'error', message: expect.stringContaining('it has fewer entries than were cosigned here') },
      { level: 'error', message: expect.stringContaining('it has another history than was cosigned here') },
    ]);
  });

  it('is told when its log has grown another way to just the size that was cosigned', async () => {
    const log = await aLog('example.com/one');
    const { url } = await aWitness([log.key]);
    await sign(log);
    const first = witnessed(log, url);
    first.beat();
    await expect.poll(first.cosigned, soon).not.toBeNull();
    const known = await log.store.witnessView(WITNESS.verifier.name);

    const other = await aLog('example.com/one');
    await other.store.recordAudit([aDraft(77)]);
    await sign(other, 2);
    expect(known?.size).toBe(parseCheckpoint((await other.store.lastCheckpoint()).last?.note ?? '')?.size);
    const { beat, events } = witnessed({ store: { ...other.store, witnessView: async () => known } }, url);
    beat();
    await expect.poll(async () => (await events()).map(({ name }) => name), soon).toEqual(['audit_forked']);
    expect((await events())[0]?.note).toBe('what it has cosigned is not the beginning of the log');
  });

  it('goes on while the witness is away, and has it cosign what it has missed', async () => {
    const log = await aLog('example.com/one');
    await sign(log);
    const nobody = witnessed(log, 'http://127.0.0.1:9');
    nobody.beat();
    await expect.poll(() => nobody.logger.lines.length, soon).toBeGreaterThan(0);
    expect(await nobody.events()).toEqual([]);
    await sign(log);
    const { url } = await aWitness([log.key]);
    const back = witnessed(log, url);
    back.beat();
    await expect.poll(back.cosigned, soon).not.toBeNull();
  });

  it('asks again at once where a checkpoint was made while a witness did not answer', async () => {
    const asked: Array<PromiseWithResolvers<WitnessAnswer>> = [];
    const { witnessing, signals, logger } = await witnessedBy(() => {
      const answer = Promise.withResolvers<WitnessAnswer>();
      asked.push(answer);
      return answer.promise;
    });
    witnessing.beat();
    await expect.poll(() => asked.length, soon).toBe(1);
    signals.emit('audit:signed', {});
    asked[0]?.resolve({ kind: 'away', why: 'no answer in time' });
    await expect.poll(() => logger.lines.length, soon).toBe(1);
    const isAskedAgain = (): number => {
      witnessing.beat();
      return asked.length;
    };
    await expect.poll(isAskedAgain, soon).toBe(2);
    asked[1]?.resolve({ kind: 'away', why: 'no answer in time' });
    await witnessing.stop();
  });

  it('asks a witness that is away ever later, up to a minute, and no more once it has cosigned', async () => {
    let asked = 0;
    const answers: WitnessAnswer[] = [];
    const { witnessing, clock } = await witnessedBy(async () => {
      asked += 1;
      return answers.at(-1) ?? { kind: 'away', why: 'HTTP 503' };
    });
    /** How many seconds later it is asked again. */
    const nextAfterS = async (): Promise<number> => {
      await witnessing.settled();
      const before = asked;
      for (let seconds = 0; seconds < 100; seconds += 1) {
        witnessing.beat();
        await witnessing.settled();
        if (asked > before) return seconds;
        clock.advance(1_000);
      }
      return Number.POSITIVE_INFINITY;
    };
    const pauses: number[] = [];
    for (let times = 0; times < 7; times += 1) pauses.push(await nextAfterS());
    expect(pauses).toEqual([0, 5, 10, 20, 40, 60, 60]);
    answers.push({ kind: 'cosigned', line: '— slow AAAA\n' });
    expect([await nextAfterS(), await nextAfterS()]).toEqual([60, Number.POSITIVE_INFINITY]);
  });

  it('cosigns for its peer as well, which it knows by its key; no token is asked for', async () => {
    const [one, two] = [await aLog('example.com/one'), await aLog('example.com/two')];
    const first = await aWitness([two.key], one.store);
    const second = await aWitness([one.key], two.store);
    await sign(one);
    await sign(two);
    const [a, b] = [witnessed(one, second.url), witnessed(two, first.url)];
    a.beat();
    b.beat();
    await expect.poll(a.cosigned, soon).not.toBeNull();
    await expect.poll(b.cosigned, soon).not.toBeNull();
    expect(await (await fetch(`${first.url}/witness/key`)).text()).toBe(`${first.served.keyText}\n`);
    const refused = await fetch(`${first.url}/witness/add-checkpoint`, {
      method: 'POST',
      body: 'old 0\n\nnonsense',
    });
    expect(refused.status).toBe(400);
    const stranger = await aLog('example.com/three');
    await sign(stranger);
    const note = (await stranger.store.lastCheckpoint()).last?.note;
    const unknown = await fetch(`${first.url}/witness/add-checkpoint`, {
      method: 'POST',
      body: `old 0\n\n${note}`,
    });
    expect(unknown.status).toBe(404);
  });

  it('cosigns one of two that come at once, and answers the other with its size', async () => {
    const log = await aLog('example.com/one');
    const store = await openForTest({ path: ':memory:' });
    const { served } = await aWitness([log.key], store);
    await sign(log);
    const note = (await log.store.lastCheckpoint()).last?.note;
    const answers = await Promise.all([served.answer(`old 0\n\n${note}`), served.answer(`old 0\n\n${note}`)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    expect(answers.find(({ status }) => status === 409)).toMatchObject({
      contentType: 'text/x.tlog.size',
      body: '4\n',
    });
  });
});

import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { noteInLine } from '../../src/audit/checkpoints/checkpoint-file.ts';
import { parseCheckpoint } from '../../src/domain/evidence/checkpoint.ts';
import { cosignedAt, parseWitnessKey } from '../../src/domain/evidence/signed-note.ts';
import { fetchOnce } from '../support/fetch-once.ts';
import { freePort } from '../support/free-port.ts';
import { PATIENCE_MS } from '../support/patience.ts';
import {
  ALL_CHANNELS,
  awaken,
  type ChannelName,
  command,
  logKeyOf,
  settle,
  startWorld,
  type Told,
  until,
} from './support.ts';

/** A witness that has not answered in time is asked again after a minute at most, or for the next checkpoint. */
const ASKED_TWICE_MS = 60_000 + PATIENCE_MS;

const SIGNING_DAEMON = join(import.meta.dirname, 'signing-daemon.ts');
const AUDIT = { file: 'audit.jsonl', checkpoints: 'audit.checkpoints' };

/** A watcher whose log is signed every two seconds, with an Atlas and channels of its own. */
async function aWatcher(origin: string) {
  const world = await startWorld();
  const server = { host: '127.0.0.1', port: await freePort() };
  const configWith = (audit: object) =>
    // What a test puts back are the files of the embedded store.
    world.config({ store: { url: 'sqlite:watcher.db' }, audit: { ...AUDIT, origin, ...audit }, server });
  const home = await settle(configWith({}));
  const checkpoints = join(home.dir, AUDIT.checkpoints);
  const wake = () => awaken(home, {}, SIGNING_DAEMON);
  let daemon = await wake();
  const key = await logKeyOf(home);

  return {
    ...{ world, home, key },
    url: `${daemon.base}/witness`,
    pid: () => daemon.pid,
    lines: () => daemon.lines(),
    /** What a channel was sent, as text. */
    heard: (channel: ChannelName): string =>
      JSON.stringify(channel === 'email' ? world.smtp.received : world[channel].accepted()),
    kill: (signal: NodeJS.Signals) => daemon.kill(signal),
    start: async () => {
      daemon = await wake();
    },
    /** Has it go by other settings of `audit`, as whoever has changed the file does. */
    reload: async (audit: object) => {
      await writeFile(home.configFile, JSON.stringify(configWith(audit)));
      process.kill(daemon.pid, 'SIGHUP');
    },
    /** Starts a restore and waits until it was told of. */
    hearOfRestore: async () => {
      const id = world.startJob();
      const isTold = () => world.told().some(({ subject }) => subject === id);
      await until(isTold, 'the message about the restore');
    },
    /** The sizes of the log at which it was signed; with a key: at which that witness has cosigned. */
    signed: async (witness?: string): Promise<number[]> => {
      const key = witness === undefined ? null : parseWitnessKey(witness);
      const lines = (await readFile(checkpoints, 'utf8').catch(() => '')).split('\n');
      const made = lines.flatMap((line) => parseCheckpoint(noteInLine(line) ?? '') ?? []);
      const counted = made.filter(({ note }) => key === null || typeof cosignedAt(note, key) === 'number');
      return [...new Set(counted.map(({ size }) => size))];
    },
  };
}
type Watcher = Awaited<ReturnType<typeof aWatcher>>;

/** Two watchers, each of which cosigns the log of the other; `keys` by which they do. */
async function peers() {
  const [one, two] = await Promise.all([aWatcher('example.com/one'), aWatcher('example.com/two')]);
  await one.reload({ witnessFor: [{ key: two.key }] });
  await two.reload({ witnessFor: [{ key: one.key }] });
  const keyOf = async ({ url }: Watcher): Promise<string> => {
    const ask = () => fetchOnce(`${url}/key`);
    await until(async () => (await ask()).status === 200, 'the key of the witness');
    return (await (await ask()).text()).trim();
  };
  const keys = { one: await keyOf(one), two: await keyOf(two) };
  await one.reload({ witnessFor: [{ key: two.key }], witnesses: [{ url: two.url, key: keys.two }] });
  await two.reload({ witnessFor: [{ key: one.key }], witnesses: [{ url: one.url, key: keys.one }] });
  return { one, two, keys };
}

const FORKED = 'is not the one that restore-watcher/witness/';
const isForked = ({ data }: Told): boolean => data.event === 'audit_forked';

it('two watchers cosign the logs of each other; one that is away delays neither messages nor checkpoints, and cosigns when it is back', async () => {
  const { one, two, keys } = await peers();
  await until(
    async () => (await one.signed(keys.two)).length > 0,
    'the first to be cosigned',
    ASKED_TWICE_MS,
  );
  await until(
    async () => (await two.signed(keys.one)).length > 0,
    'the second to be cosigned',
    ASKED_TWICE_MS,
  );

  // It takes connections and does not answer: nothing that comes now has waited for an answer of it.
  process.kill(two.pid(), 'SIGSTOP');
  const before = (await one.signed()).length;
  const cosigned = (await one.signed(keys.two)).length;
  for (const more of [1, 2]) {
    await one.hearOfRestore();
    await until(async () => (await one.signed()).length >= before + more, 'a checkpoint');
  }
  expect((await one.signed(keys.two)).length).toBeLessThanOrEqual(cosigned + 1);
  process.kill(two.pid(), 'SIGCONT');
  const isCaughtUp = async () => (await one.signed(keys.two)).at(-1) === (await one.signed()).at(-1);
  await until(isCaughtUp, 'the last checkpoint to be cosigned', ASKED_TWICE_MS);

  // Nobody listens there any more.
  await two.kill('SIGKILL');
  const known = (await one.signed()).length;
  await one.hearOfRestore();
  await until(async () => (await one.signed()).length > known, 'a checkpoint');
  await two.start();
  // It is asked again after a minute, or for the next checkpoint.
  await one.hearOfRestore();
  await until(async () => (await one.signed()).length > known + 1, 'a checkpoint');
  await until(isCaughtUp, 'the last checkpoint to be cosigned', ASKED_TWICE_MS);
  expect((await one.kill('SIGTERM')).code).toBe(0);
  const verdict = await command(one.home, ['audit', 'verify', '--witness', keys.two]);
  expect(verdict.code, verdict.stdout).toBe(0);
  expect(verdict.stdout).toContain('cosigned');
  expect(one.world.told().filter(isForked)).toEqual([]);
});

const refusals = (witness: Watcher) =>
  witness.lines().filter(({ message }) => message.startsWith('A log was not cosigned'));

it('a log that is put back to an older copy is refused by its witness: the channels hear of it once, also when it has grown beyond, and the work goes on', async () => {
  const { one, two, keys } = await peers();
  await one.hearOfRestore();
  await until(
    async () => (await one.signed(keys.two)).length > 0,
    'a checkpoint that is cosigned',
    ASKED_TWICE_MS,
  );
  await one.kill('SIGTERM');
  const { dir } = one.home;
  const older = `${dir}.older`;
  onTestFinished(() => rm(older, { recursive: true, force: true }));
  await cp(dir, older, { recursive: true });
  const copied = (await one.signed()).at(-1) ?? 0;
  await one.start();
  for (const _ of [1, 2, 3]) await one.hearOfRestore();
  await until(async () => ((await one.signed(keys.two)).at(-1) ?? 0) > copied, 'a later one', ASKED_TWICE_MS);
  await one.kill('SIGTERM');
  const noted = (await one.signed(keys.two)).at(-1) ?? 0;

  // Store, mirror, checkpoints, keys: nothing in the house knows of what came since.
  await rm(dir, { recursive: true });
  await cp(older, dir, { recursive: true });
  await one.start();
  await until(() => one.world.told().some(isForked), 'the message that the log has forked', ASKED_TWICE_MS);
  for (const channel of ALL_CHANNELS)
    await until(() => one.heard(channel).includes(FORKED), `the same message by ${channel}`);
  const [refusal] = refusals(two);
  expect(refusal).toMatchObject({ log: 'example.com/one', entries: expect.any(Number) });
  // The restores are found anew at the first look: it may have as many entries again before it is signed for the first time.
  const isShorter = refusal?.cosigned !== undefined;
  // What it cosigned as the other stopped may not have been noted there.
  const witnessed = Number(isShorter ? refusal?.cosigned : refusal?.entries);
  expect(witnessed).toBeGreaterThanOrEqual(noted);
  const size = async () => (await one.signed()).at(-1) ?? 0;
  while ((await size()) <= witnessed) {
    const before = await size();
    await one.hearOfRestore();
    await until(async () => (await size()) > before, 'a checkpoint');
  }
  const different = isShorter ? 2 : 1;
  await until(() => refusals(two).length >= different, 'the refusal of another history', ASKED_TWICE_MS);
  expect(one.world.told().filter(isForked)).toMatchObject([
    {
      type: 'restore-watcher.audit.audit_forked',
      data: { severity: 'critical', log: 'example.com/one', witness: parseWitnessKey(keys.two)?.name },
    },
  ]);
  expect((await one.signed(keys.two)).at(-1)).toBeLessThanOrEqual(copied);
});

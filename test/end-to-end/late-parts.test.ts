import { cp, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { fetchOnce } from '../support/fetch-once.ts';
import { MAIN } from '../support/program.ts';
import { awaken, settle, startWorld, until, untilPolled } from './support.ts';

/** What the program loads after its start: what answers over HTTP, and what sends mail. */
const LATE = ['app.js', 'mailer.js'];

/** A copy of the program whose late parts can be put away. */
async function copyProgram() {
  const folder = await mkdtemp(join(tmpdir(), 'restore-watcher-program-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await cp(dirname(MAIN), folder, { recursive: true });
  const move = (from: string, to: string) =>
    Promise.all(LATE.map((part) => rename(join(folder, 'program', `${part}${from}`), join(folder, 'program', `${part}${to}`)))); // biome-ignore format: one pair
  return {
    main: join(folder, 'main.js'),
    putAway: () => move('', '.away'),
    bringBack: () => move('.away', ''),
  };
}

it('goes on while what answers requests or sends mail cannot be loaded, says so, and uses it when it can be', async () => {
  const program = await copyProgram();
  await program.putAway();
  const world = await startWorld();
  const daemon = await awaken(await settle(world.config()), {}, program.main);

  const refused = await fetchOnce(`${daemon.base}/healthz`);
  expect(refused.status).toBe(503);
  expect(await refused.json()).toMatchObject({ hint: expect.stringContaining('the log') });
  const lists = () =>
    world.atlas.requests.filter(({ path, status }) => path.includes('restoreJobs') && status === 200);
  await until(() => lists().length >= 2, 'a poll behind the baseline');
  world.startJob();
  await world.untilArrived(1, ['webhook', 'slack']);
  await daemon.waitForLine(({ message }) => message.includes('What answers over HTTP could not be loaded'));
  await daemon.waitForLine(
    ({ message, channel, detail }) =>
      channel === 'email' && `${message} ${detail}`.includes('what sends mail could not be loaded'),
  );
  expect(world.arrived('email')).toEqual([]);

  await program.bringBack();
  await until(async () => (await fetchOnce(`${daemon.base}/healthz`)).ok, 'an answer');
  await untilPolled(daemon, 1);
  await world.untilArrived(1, ['email']);
  expect(await daemon.kill('SIGTERM')).toEqual({ code: 0, signal: null });
});

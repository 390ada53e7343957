import { readFile } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { finish } from '../../src/simulator/atlas/scenario.ts';
import { makeHome, startDaemon } from '../support/daemon.ts';
import { startPostgres } from '../support/postgres/server.ts';
import { hasPostgres, newPostgresSchema } from '../support/postgres/shared.ts';
import { command, GROUP, getJson, INSTANCE, startWorld, until } from './support.ts';

describe.skipIf(!hasPostgres())('a daemon whose store is a PostgreSQL', () => {
  it('tells each event under one id over a kill, and says where it keeps it, without the password', {
    timeout: 300_000,
  }, async () => {
    const world = await startWorld();
    const address = await newPostgresSchema();
    const url = address.url.replace('//watcher@', `//watcher:\${DATABASE_PASSWORD}@`);
    const home = await makeHome(world.config({ store: { ...address, url } }));
    onTestFinished(home.remove);
    const env = { DATABASE_PASSWORD: 'canary-password' };
    const run = (...args: string[]) => command(home, args, env);

    const check = await run('check');
    expect(check.stdout).toContain(`(schema ${address.schema}): not there yet, the daemon makes it`);
    const victim = startDaemon(home, env);
    await victim.url;
    const hasBaseline = async () =>
      (await readFile(home.auditFile, 'utf8').catch(() => '')).includes('baseline.taken');
    await until(hasBaseline, 'the baseline');
    const first = world.startJob();
    await world.untilArrived(1);
    await victim.kill('SIGKILL');

    world.atlas.updateJob(GROUP, INSTANCE, first, finish(Date.now()));
    const daemon = startDaemon(home, env);
    await world.untilArrived(2);
    // A kill between "accepted" and our note of it brings the same message again, under the same id.
    const told = new Map(world.told().map(({ id, data }) => [id, data.event]));
    expect([...told.values()]).toEqual(['started', 'finished']);

    const second = await run('once');
    expect(second.code).not.toBe(0);
    expect(second.stdout + second.stderr).toContain('is in use by');
    const status = await run('status');
    expect(status.stdout).toContain(`(schema ${address.schema})`);
    expect((await run('history', first)).stdout).toContain('finished');
    expect((await run('audit', 'verify')).code).toBe(0);
    expect((await daemon.kill('SIGTERM')).code).toBe(0);
    for (const { stdout, stderr } of [check, status])
      expect(stdout + stderr).not.toContain('canary-password');
    expect(daemon.output() + victim.output()).not.toContain('canary-password');
  });
});

describe.skipIf(!hasPostgres())('a daemon that is started while its PostgreSQL is away', () => {
  it('waits for it, says so, and watches once it is there', { timeout: 300_000 }, async () => {
    const server = await startPostgres();
    onTestFinished(server.remove);
    await server.stop();
    const world = await startWorld();
    const home = await makeHome(world.config({ store: { url: server.url } }));
    onTestFinished(home.remove);
    const daemon = startDaemon(home);
    const waiting = await daemon.url;
    expect((await getJson(`${waiting}/healthz`)).status).toBe(200);
    const ready = await getJson(`${waiting}/readyz`);
    expect(ready.status).toBe(503);
    expect(ready.body).toMatchObject({ reasons: [expect.stringContaining('nobody listens there')] });

    const status = await command(home, ['status', '--server', waiting]);
    expect(status).toMatchObject({ code: 1, stderr: expect.stringContaining('waits for its store') });

    await server.start();
    await daemon.waitForLine(({ message }) => message === 'Watching');
    expect(daemon.lines().map(({ message }) => message)).toContain('The store answers');
    expect((await daemon.kill('SIGTERM')).code).toBe(0);

    await server.stop();
    const second = startDaemon(home);
    await second.url;
    expect((await second.kill('SIGTERM')).code).toBe(0);
  });

  it('says what it knows by itself, where that goes away later', { timeout: 300_000 }, async () => {
    const server = await startPostgres();
    onTestFinished(server.remove);
    const world = await startWorld();
    const home = await makeHome(world.config({ store: { url: server.url } }));
    onTestFinished(home.remove);
    const daemon = startDaemon(home);
    const url = await daemon.url;
    await daemon.waitForLine(({ message }) => message === 'Watching');
    await server.stop();
    const asked = await command(home, ['status', '--server', url]);
    expect(asked.code).toBe(1);
    const said = asked.stdout.replaceAll(/\s+/g, ' ');
    expect(said).toContain('the store cannot be read: ');
    expect(said).toContain('Muted: not known.');
    // Beside the database, nothing can be read at all, and who was asked is said as well.
    const beside = await command(home, ['status']);
    expect(beside).toMatchObject({ code: 1, stderr: expect.stringContaining('nobody listens there') });
    expect(beside.stderr).toContain('note: ');
    await server.start();
    expect((await daemon.kill('SIGTERM')).code).toBe(0);
  });

  it('ends, and says why, when the server refuses it', { timeout: 300_000 }, async () => {
    const world = await startWorld();
    const address = await newPostgresSchema();
    const url = address.url.replace('//watcher@', '//nobody:canary-password@');
    const home = await makeHome(world.config({ store: { ...address, url } }));
    onTestFinished(home.remove);
    const daemon = startDaemon(home);
    expect((await daemon.exited).code).toBe(1);
    expect(daemon.output()).toContain('does not let this user in');
    expect(daemon.output()).not.toContain('canary-password');
  });
});

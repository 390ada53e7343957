import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StagedConfig } from '../../../src/app/assembly.ts';
import { createReloader, type Reloader } from '../../../src/app/reload/reloader.ts';
import { refuseWhatNeedsRestart } from '../../../src/config/changes.ts';
import type { WatcherConfig } from '../../../src/config/config.ts';
import { ConfigError, StoreError } from '../../../src/errors.ts';
import { createSignals } from '../../../src/signals.ts';
import { aConfig } from '../../cli/harness.ts';
import { aWatch, T0 } from '../../support/builders.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';

let onDisk: WatcherConfig | Error;
/** What happened, in order. */
let story: string[];
let logger: ReturnType<typeof createRecordingLogger>;
let audit: unknown[];
let storeFault: Error | null;
let applyFault: Error | null;
let reloader: Reloader;

beforeEach(() => {
  onDisk = aConfig();
  story = [];
  audit = [];
  storeFault = null;
  applyFault = null;
  logger = createRecordingLogger();
  const signals = createSignals(logger);
  signals.on('config:reloaded', ({ outcome }) => story.push(`reload ${outcome}`));
  reloader = createReloader({
    config: aConfig(),
    readConfig: async (_file, text) => {
      story.push(text === undefined ? 'read' : 'read what it refers to');
      if (onDisk instanceof Error) throw onDisk;
      return onDisk;
    },
    stage: async ({ watches }) => {
      story.push('stage');
      const runnerConfig = { watches, configEntry: { file: 'f' } } as unknown as StagedConfig['runnerConfig'];
      return {
        runnerConfig,
        apply: () => {
          if (applyFault) throw applyFault;
          return async () => {
            story.push('close the old');
          };
        },
        discard: async () => {
          story.push('close the new');
        },
      };
    },
    runner: {
      apply: async ({ watches, configEntry }, applyParts) => {
        if (storeFault) throw storeFault;
        story.push(`apply ${watches.map(({ name }) => name).join()} by ${configEntry.reason}`);
        return { drained: applyParts()() };
      },
      recordRejected: async (data) => {
        audit.push({ kind: 'config.rejected', data });
      },
    },
    signals,
    clock: createManualClock(T0),
    logger,
    onApplied: ({ log }) => story.push(`applied ${log.level}`),
  });
});
afterEach(() => reloader.stop());

const FAULT = new ConfigError('watcher.config.json', [
  { path: 'watches[0].schedule', message: 'expected a cron expression' },
]);

describe('a configuration without faults', () => {
  it('is staged, then applied in one step, and the old parts are closed', async () => {
    onDisk = aConfig({
      watches: [aWatch({ name: 'carts' })],
      log: { level: 'debug', format: 'json' },
    });
    expect(await reloader.reload('SIGHUP')).toEqual({
      kind: 'applied',
      watches: { added: ['carts'], removed: ['orders'], changed: [] },
      channels: { added: [], removed: [], changed: [] },
    });
    await reloader.stop();
    expect(story).toEqual([
      'read',
      'stage',
      'apply carts by SIGHUP',
      'applied debug',
      'close the old',
      'reload ok',
    ]);
    expect(reloader.config()).toBe(onDisk);
  });

  it('names what has changed under the same name', async () => {
    onDisk = aConfig({ watches: [aWatch({ schedule: '* * * * * *' })] });
    expect(await reloader.reload('SIGHUP')).toMatchObject({ watches: { changed: ['orders'] } });
  });

  it('is read with the text in force when only secrets are to be read again', async () => {
    await reloader.reload('a file has changed', 'secrets');
    expect(story[0]).toBe('read what it refers to');
  });

  it('comes into force one after the other, however many are asked for at once', async () => {
    await Promise.all([reloader.reload('SIGHUP'), reloader.reload('POST')]);
    expect(story.filter((what) => what === 'read' || what.startsWith('reload'))).toEqual([
      'read',
      'reload ok',
      'read',
      'reload ok',
    ]);
  });
});

describe('a configuration that cannot be used', () => {
  it('changes nothing, and is told of in the log, the audit and the signals', async () => {
    onDisk = FAULT;
    expect(await reloader.reload('SIGHUP')).toEqual({ kind: 'rejected', issues: FAULT.issues });
    expect(story).toEqual(['read', 'reload failed']);
    expect(reloader.fault()).toEqual({ since: T0, issues: FAULT.issues });
    expect(logger.lines).toEqual([
      expect.objectContaining({ level: 'error', fields: expect.objectContaining({ issues: FAULT.issues }) }),
    ]);
    expect(audit).toEqual([
      {
        kind: 'config.rejected',
        data: { file: 'watcher.config.json', reason: 'SIGHUP', issues: FAULT.issues },
      },
    ]);
  });

  it('is one whose parts refuse at the last moment: what is in force, and compared with, is the one before', async () => {
    const before = reloader.config();
    onDisk = aConfig({ watches: [aWatch({ name: 'carts' })] });
    applyFault = FAULT;
    expect(await reloader.reload('SIGHUP')).toMatchObject({ kind: 'rejected' });
    expect(reloader.config()).toBe(before);
    expect(reloader.fault()).not.toBeNull();
    applyFault = null;
    expect(await reloader.reload('SIGHUP')).toMatchObject({
      kind: 'applied',
      watches: { added: ['carts'], removed: ['orders'] },
    });
    expect(reloader.fault()).toBeNull();
  });

  it('is forgotten when a later one comes into force', async () => {
    onDisk = FAULT;
    await reloader.reload('SIGHUP');
    onDisk = aConfig();
    await reloader.reload('SIGHUP');
    expect(reloader.fault()).toBeNull();
  });

  it.each([
    ['store.url', { store: { url: 'sqlite:./elsewhere.db' } }],
    ['audit.file', { audit: { ...aConfig().audit, file: './elsewhere.jsonl' } }],
    ['audit.checkpoints', { audit: { ...aConfig().audit, checkpoints: './elsewhere' } }],
    ['audit.checkpointEvery', { audit: { ...aConfig().audit, checkpointEveryMs: 60_000 } }],
    ['audit.origin', { audit: { ...aConfig().audit, origin: 'example.com/log' } }],
    ['audit.keyFile', { audit: { ...aConfig().audit, key: { file: './key', isGiven: true } } }],
    [
      'server.port',
      { server: { host: '127.0.0.1', port: 9090, token: null, viewToken: null, publicBadges: false } },
    ],
    ['log.format', { log: { level: 'info', format: 'text' } }],
  ] as const)('is one that changes %s, which is for a restart', async (path, over) => {
    onDisk = aConfig(over);
    expect(await reloader.reload('SIGHUP')).toEqual({
      kind: 'rejected',
      issues: [{ path, message: expect.stringContaining('restart') }],
    });
    expect(story).not.toContain('stage');
  });

  it.each([
    ['postgres://a:old@db/watcher', 'postgres://b:new@db/watcher', 'applied'],
    ['postgres://a:old@db/watcher', 'postgres://a:old@other/watcher', 'rejected'],
    ['postgres://a:old@db/watcher', 'postgres://a:old@db/watcher?sslmode=disable', 'rejected'],
  ] as const)(
    'is none that changes the login of a store: from %s to %s is %s',
    async (before, after, kind) => {
      const from = { ...aConfig(), store: { url: before } };
      const compare = () => refuseWhatNeedsRestart(from, { ...from, store: { url: after } });
      if (kind === 'applied') expect(compare()).toBeUndefined();
      else expect(compare).toThrow(ConfigError);
    },
  );

  it('is one that the store cannot take note of', async () => {
    storeFault = new StoreError('unavailable', 'the disk is full');
    expect(await reloader.reload('SIGHUP')).toEqual({
      kind: 'rejected',
      issues: [{ path: '', message: 'the disk is full' }],
      isPassing: true,
    });
    await reloader.stop();
    expect(story).not.toContain('applied info');
    expect(story).toContain('close the new');
  });

  it('stays told of when only a secret was read again since', async () => {
    onDisk = FAULT;
    await reloader.reload('SIGHUP');
    onDisk = aConfig();
    expect(await reloader.reload('a file has changed', 'secrets')).toMatchObject({ kind: 'applied' });
    expect(reloader.fault()).toEqual({ since: T0, issues: FAULT.issues });
    await reloader.reload('SIGHUP');
    expect(reloader.fault()).toBeNull();
  });

  it('is forgotten when the secret that could not be used is one that can', async () => {
    onDisk = FAULT;
    await reloader.reload('a file has changed', 'secrets');
    expect(reloader.fault()).not.toBeNull();
    onDisk = aConfig();
    await reloader.reload('a file has changed', 'secrets');
    expect(reloader.fault()).toBeNull();
  });
});

it('has the content that the file had last in force, however many ask for it at once', async () => {
  const versions = ['first', 'second', 'third'];
  const reloads = versions.map((name) => {
    onDisk = aConfig({ watches: [aWatch({ name })] });
    return reloader.reload('SIGHUP', name === 'second' ? 'secrets' : 'file');
  });
  await Promise.all(reloads);
  expect(reloader.config().watches).toMatchObject([{ name: 'third' }]);
});

it('reads nothing any more once it is stopped', async () => {
  const [running, stopped] = [reloader.reload('SIGHUP'), reloader.stop()];
  const late = reloader.reload('POST');
  await stopped;
  expect(await running).toMatchObject({ kind: 'rejected' });
  expect(await late).toMatchObject({
    kind: 'rejected',
    issues: [{ message: expect.stringContaining('stopping') }],
  });
  expect(story).toEqual([]);
});

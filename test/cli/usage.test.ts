import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/index.ts';
import { accessOf } from '../../src/config/store-access.ts';
import { ConfigError, SourceError, StoreError } from '../../src/errors.ts';
import { aJob, anObservation, jobId } from '../support/builders.ts';
import { readingStore } from '../support/reading-store.ts';
import { aConfig, cli, type RunOptions } from './harness.ts';

const FAULTS = new ConfigError('watcher.config.json', [
  { path: 'watches[0].schedule', message: 'expected a cron expression' },
  { path: 'channels[1].url', message: 'expected https' },
]);

function failingWith(error: Error): RunOptions {
  return {
    parts: {
      loadConfig: async () => {
        throw error;
      },
    },
  };
}

/** The files that a command line has read as its configuration. */
async function configReadBy(argv: readonly string[], env: Record<string, string> = {}): Promise<string[]> {
  const files: string[] = [];
  const loadConfig = async (name: string) => {
    files.push(name);
    return aConfig();
  };
  await cli(argv, { env, parts: { loadConfig } });
  return files;
}

describe('the command line', () => {
  it('shows the help and fails when no command is given', async () => {
    const { code, err } = await cli([]);
    expect(code).toBe(2);
    expect(err).toContain('Usage: restore-watcher');
  });

  it('shows the help with examples and exit codes when asked', async () => {
    const { code, out, err } = await cli(['--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('restore-watcher demo');
    expect(out).toContain('Exit codes: 0 done, 1 it failed, 2 usage or configuration.');
  });

  it.each([
    'run',
    'demo',
    'once',
    'check',
    'notify test',
    'notify preview',
    'mute add',
    'mute list',
    'mute remove',
    'jobs',
    'history',
    'deliveries',
    'deliveries redrive',
    'audit verify',
    'audit export',
    'healthcheck',
    'schema',
  ])('explains "%s", --config included', async (command) => {
    const { code, out } = await cli([...command.split(' '), '--help']);
    expect(code).toBe(0);
    expect(out).toContain(`Usage: restore-watcher ${command}`);
    expect(out).toContain('-c, --config <file>');
  });

  it('offers redrive no option of the list that it belongs to', async () => {
    expect((await cli(['deliveries', 'redrive', '--help'])).out).not.toContain('--status <status>');
  });

  it('prints the version', async () => {
    expect(await cli(['--version'])).toMatchObject({ code: 0, out: '1.2.3\n', err: '' });
  });

  it.each([
    [['frob'], "unknown command 'frob'"],
    [['jobs', '--frob'], "unknown option '--frob'"],
    [['jobs', 'extra'], 'too many arguments'],
    [['check', '--offline'], "unknown option '--offline'"],
    [['jobs', '--state', 'done'], 'Allowed choices are in_progress'],
    [['jobs', '--limit', '0'], 'Expected a whole number'],
    [['history', '--since', 'yesterday'], 'Expected a time such as'],
    [['deliveries', '--status', 'lost'], 'Allowed choices are pending'],
    [['notify', 'test', '--event', 'exploded'], 'Allowed choices are started'],
    [['audit', 'export', '--format', 'xml'], 'Allowed choices are jsonl, csv'],
    [['deliveries', 'redrive'], 'needs to know which deliveries'],
    [['deliveries', 'redrive', 'x', '--given-up'], 'not both'],
    [['deliveries', 'redrive', 'x', '--channel', 'siem'], 'goes with --given-up'],
  ])('refuses %j with exit code 2', async (argv, message) => {
    const { code, out, err } = await cli(argv, { store: readingStore() });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
    expect(err).not.toContain('    at ');
  });

  it.each([
    [['jobs'], 'watcher.config.json'],
    [['--config', 'a.json', 'jobs'], 'a.json'],
    [['jobs', '--config', 'b.json'], 'b.json'],
    [['deliveries', 'redrive', '--given-up', '--config', 'c.json'], 'c.json'],
    [['--config', 'd.json', 'audit', 'export'], 'd.json'],
    [['jobs', '-c', 'e.json'], 'e.json'],
    [['-c', 'f.json', 'check'], 'f.json'],
    [['-cg.json', 'healthcheck'], 'g.json'],
    [['run', '--config=h.json'], 'h.json'],
  ])('%j reads the configuration %s', async (argv, file) => {
    expect(await configReadBy(argv)).toEqual([file]);
  });

  it.each([
    [['run'], 'of-the-variable.json', 'of-the-variable.json'],
    [['mute', 'list'], 'of-the-variable.json', 'of-the-variable.json'],
    [['check', '-c', 'given.json'], 'of-the-variable.json', 'given.json'],
    [['check'], '', 'watcher.config.json'],
  ])('%j with RESTORE_WATCHER_CONFIG="%s" reads %s', async (argv, variable, file) => {
    expect(await configReadBy(argv, { RESTORE_WATCHER_CONFIG: variable })).toEqual([file]);
  });
});

describe('errors', () => {
  it('lists every fault of the configuration with its path, and exits with 2', async () => {
    expect(await cli(['run'], failingWith(FAULTS))).toMatchObject({
      code: 2,
      out: '',
      err: [
        'error: watcher.config.json: 2 faults in the configuration',
        '  watches[0].schedule: expected a cron expression',
        '  channels[1].url: expected https',
        '',
      ].join('\n'),
    });
  });

  it('tells the faults in JSON too when the command was asked for JSON', async () => {
    const { code, err, json } = await cli(['check', '--json'], failingWith(FAULTS));
    expect(code).toBe(2);
    expect(json()).toEqual({
      error: { code: 'config', message: FAULTS.message, hint: null, issues: FAULTS.issues },
    });
    expect(err).toContain('watches[0].schedule');
  });

  it('shows a known error as one line and a hint, and exits with 1', async () => {
    const error = new StoreError('schema_too_new', 'made by a newer program', { hint: 'Update.' });
    expect(await cli(['jobs'], failingWith(error))).toMatchObject({
      code: 1,
      err: 'error: made by a newer program\nhint: Update.\n',
    });
    expect((await cli(['jobs', '--json'], failingWith(error))).json()).toEqual({
      error: { code: 'store_schema_too_new', message: 'made by a newer program', hint: 'Update.' },
    });
  });

  it('shows the stack of an error that nobody expected', async () => {
    const { code, err } = await cli(['jobs'], failingWith(new TypeError('broken')));
    expect(code).toBe(1);
    expect(err).toContain('TypeError: broken');
    expect(err).toContain('    at ');
  });

  it('keeps control characters of an error from the terminal', async () => {
    const { err } = await cli(['jobs'], failingWith(new SourceError('unavailable', 'a\u001b[2Jb')));
    expect(err).toBe('error: a [2Jb\n');
  });
});

describe('standard output', () => {
  /** Takes what comes until it has `lines`, then is gone, as `head` is. */
  function closingAfter(limit: number, code: string) {
    let taken = 0;
    return new Writable({
      write(chunk, _encoding, done) {
        taken += chunk.length;
        done(taken > limit ? Object.assign(new Error(`write ${code}`), { code }) : null);
      },
    });
  }

  async function runInto(stdout: Writable) {
    const observations = Array.from({ length: 50 }, (_, number) =>
      anObservation(aJob([], { id: jobId(number) })),
    );
    const stderr = new PassThrough();
    const unused = () => {
      throw new Error('not needed');
    };
    const code = await runCli(['jobs'], {
      stdout,
      stderr,
      env: {},
      clock: { now: () => 0, monotonic: () => 0, sleep: async () => {} },
      version: '1',
      loadConfig: async () => aConfig(),
      loadDraft: unused,
      survey: unused,
      readAccess: async () => accessOf(aConfig()),
      readServer: unused,
      connectDaemon: unused,
      openStore: async () => readingStore({ observations }),
      inspectStore: async () => ({ where: 'watcher.db', exists: true, schemaVersion: 1, inUse: true }),
      moveStore: unused,
      diagnose: unused,
      tryHeartbeat: unused,
      createNotifier: unused,
      projectUrl: unused,
      runDaemon: unused,
      runOnce: unused,
      lookOnce: unused,
      inForeground: unused,
      runDemo: unused,
      verifyAudit: unused,
      proveJob: unused,
      checkProofs: unused,
      jsonSchema: unused,
    });
    return { code, err: String(stderr.read() ?? '') };
  }

  it('may go away while it is written to, without a word', async () => {
    expect(await runInto(closingAfter(100, 'EPIPE'))).toEqual({ code: 0, err: '' });
  });

  it('fails the command when it cannot take what is written, such as on a full disk', async () => {
    const { code, err } = await runInto(closingAfter(100, 'ENOSPC'));
    expect(code).toBe(1);
    expect(err).toContain('ENOSPC');
  });
});

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoreAddress } from '../../src/store/ports/address.ts';
import { childEnvironment } from './child-environment.ts';
import { PATIENCE_MS } from './patience.ts';
import { MAIN } from './program.ts';
import { newStoreAddress } from './test-store.ts';

/** A folder with a configuration file, where a daemon can live. */
export interface Home {
  dir: string;
  configFile: string;
  dbFile: string;
  /** Where its store is: that file, or a schema of the PostgreSQL that tests share (`TEST_STORE=postgres`). */
  store: StoreAddress;
  auditFile: string;
  remove(): Promise<void>;
}

/** Makes a home. `store`, `audit`, `server` (any free port) and JSON logs are filled in unless given. */
export async function makeHome(config: Record<string, unknown>): Promise<Home> {
  const dir = await mkdtemp(join(tmpdir(), 'restore-watcher-'));
  const dbFile = join(dir, 'watcher.db');
  const auditFile = join(dir, 'audit.jsonl');
  const configFile = join(dir, 'watcher.config.json');
  const whole: Record<string, unknown> & { store: StoreAddress } = {
    store: await newStoreAddress(dbFile),
    audit: { file: auditFile },
    server: { host: '127.0.0.1', port: 0 },
    log: { level: 'info', format: 'json' },
    ...config,
  };
  await writeFile(configFile, JSON.stringify(whole, null, 2));
  return {
    ...{ dir, configFile, dbFile, store: whole.store, auditFile },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

export interface LogLine extends Record<string, unknown> {
  level: string;
  message: string;
}

export interface Daemon {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Everything it has written so far. */
  output(): string;
  lines(): LogLine[];
  /** Resolves with the status server's URL once it listens; rejects when the process ends before. */
  readonly url: Promise<string>;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Resolves with the first log line, past or future, that fits. */
  waitForLine(fits: (line: LogLine) => boolean, timeoutMs?: number): Promise<LogLine>;
  kill(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/**
 * Starts `restore-watcher run` as a process of its own; `main` is the program as it is in the checkout unless given, and `prefix` a
 * command that becomes it, such as `prlimit`.
 */
export function startDaemon(
  home: Pick<Home, 'dir' | 'configFile'>,
  env: Record<string, string> = {},
  main = MAIN,
  prefix: readonly string[] = [],
): Daemon {
  const [command, ...args] = [...prefix, process.execPath, main, 'run', '--config', home.configFile];
  const child = spawn(command ?? process.execPath, args, {
    cwd: home.dir,
    env: childEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const parsed: LogLine[] = [];
  let rest = '';
  const waiting = new Set<() => void>();

  const read = (chunk: Buffer): void => {
    output += chunk;
    rest += chunk;
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      try {
        parsed.push(JSON.parse(line) as LogLine);
      } catch {
        // Not a log line (a usage error, say); `output` has it.
      }
    }
    for (const look of waiting) look();
  };
  child.stdout.on('data', read);
  child.stderr.on('data', read);

  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((done) => {
    child.once('close', (code, signal) => {
      for (const look of waiting) look();
      done({ code, signal });
    });
  });

  const waitForLine = (fits: (line: LogLine) => boolean, timeoutMs = PATIENCE_MS): Promise<LogLine> =>
    new Promise((done, fail) => {
      const end = (): void => {
        clearTimeout(timer);
        waiting.delete(look);
      };
      const look = (): void => {
        const found = parsed.find(fits);
        if (found) {
          end();
          done(found);
        } else if (child.exitCode !== null || child.signalCode !== null) {
          end();
          fail(new Error(`the daemon ended before that line:\n${output}`));
        }
      };
      const timer = setTimeout(() => {
        end();
        fail(new Error(`no such line within ${timeoutMs} ms:\n${output}`));
      }, timeoutMs);
      waiting.add(look);
      look();
    });

  const url = waitForLine((line) => typeof line.url === 'string' && line.message.includes('listening')).then(
    (line) => String(line.url),
  );
  url.catch(() => undefined);

  return {
    child,
    pid: child.pid ?? -1,
    output: () => output,
    lines: () => parsed,
    url,
    exited,
    waitForLine,
    kill: (signal) => {
      child.kill(signal);
      return exited;
    },
  };
}

/** Runs one command of the CLI to its end; of the program as it is in the checkout, unless `main` is given. */
export async function runCommand(
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string>; stdin?: string; main?: string | undefined } = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [options.main ?? MAIN, ...args], {
    cwd: options.cwd,
    env: childEnvironment(options.env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  const code = await new Promise<number | null>((done) => child.once('close', done));
  return { code, stdout, stderr };
}

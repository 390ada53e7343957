import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { onTestFinished } from 'vitest';

/** A script of `fixtures/` in a process of its own, killed with the test at the latest. */
export interface Child {
  process: ChildProcessByStdio<null, Readable, Readable>;
  /** Whole lines printed so far. */
  lines(): string[];
  /** Resolves when this many lines have been printed; rejects when the process ends before that. */
  printed(count: number): Promise<void>;
  /** Kills it as a power cut would, and waits until it is gone. */
  kill(): Promise<void>;
  /** Resolves with its exit code. */
  ended(): Promise<number | null>;
}

export function startChild(script: string, ...args: string[]): Child {
  const file = new URL(`./fixtures/${script}.ts`, import.meta.url).pathname;
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  const closed = once(child, 'close');
  const lines = () => out.split('\n').slice(0, -1);

  async function kill(): Promise<void> {
    child.kill('SIGKILL');
    await closed;
  }
  onTestFinished(kill);

  return {
    process: child,
    lines,
    printed: async (count) => {
      while (lines().length < count) {
        const ended = await Promise.race([
          once(child.stdout, 'data').then(() => false),
          closed.then(() => true),
        ]);
        if (ended && lines().length < count) throw new Error(`${script} ended early: ${err}`);
      }
    },
    kill,
    ended: async () => {
      await closed;
      // Else nobody learns why, where a test compares the code alone.
      if (err !== '') console.error(`${script}: ${err}`);
      return child.exitCode;
    },
  };
}

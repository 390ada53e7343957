import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { type BundledFile, bundleProgram } from '../../scripts/build/bundle.ts';

const FOLDER = resolve('dist/bundle');

declare module 'vitest' {
  export interface ProvidedContext {
    /** What the program that the tests start is made of. */
    bundledFiles: BundledFile[];
  }
}

/**
 * Makes the program as the image has it before the tests start, for those that run it as a process: they start it again and again, and
 * loading it from its source takes a second of processor time each.
 */
export async function setup(project: TestProject): Promise<void> {
  await rm(FOLDER, { recursive: true, force: true });
  project.provide('bundledFiles', await bundleProgram(FOLDER));
  const main = resolve(FOLDER, 'main.js');
  // One that does not start would have every test wait for it in vain.
  await promisify(execFile)(process.execPath, [main, '--version']);
  process.env.TEST_PROGRAM = main;
}

import { resolve } from 'node:path';

/** The program that tests start as a process: its bundle (see `bundle-program.ts`), or its source where nobody has made one. */
export const MAIN = process.env.TEST_PROGRAM ?? resolve(import.meta.dirname, '../../src/main.ts');

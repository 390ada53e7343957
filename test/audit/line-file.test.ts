import { writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { readLines } from '../../src/audit/line-file.ts';
import { temporaryDirectory } from '../store/support.ts';

/** Has every read of a file after the first one fail. */
async function failFromSecondRead(file: string): Promise<Error> {
  const handle = await open(file);
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  const fault = Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
  const { read } = prototype;
  let times = 0;
  // By hand: a spy would take care of the rejection.
  prototype.read = function (this: FileHandle, ...args: never[]) {
    times += 1;
    return times === 1 ? Reflect.apply(read, this, args) : Promise.reject(fault);
  } as typeof read;
  onTestFinished(() => {
    prototype.read = read;
  });
  return fault;
}

it('tells of a read ahead that fails when the next portion is asked for, however long the one before is looked at', async () => {
  const file = join(temporaryDirectory(), 'audit.jsonl');
  writeFileSync(file, 'one\ntwo\n');
  const fault = await failFromSecondRead(file);
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  onTestFinished(() => void process.off('unhandledRejection', note));

  const portions = readLines(file);
  expect((await portions.next()).value).toMatchObject({ number: 1, ends: [3, 7] });
  // Node looks for rejections that nobody handles after each turn.
  for (let turns = 0; turns < 3; turns += 1) await nextTurn();
  await expect(portions.next()).rejects.toBe(fault);
  expect(unhandled).toEqual([]);
});

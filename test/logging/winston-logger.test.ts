import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { ConfigError, SourceError } from '../../src/errors.ts';
import type { Logger } from '../../src/logging/logger.ts';
import { createLogger, type LoggingOptions } from '../../src/logging/winston-logger.ts';
import { createRedactor } from '../../src/net/redact/redactor.ts';

const AT = Date.parse('2026-11-23T12:01:33.120Z');

/** What a logger writes while `use` has it. */
async function linesOf(
  format: LoggingOptions['format'],
  use: (logger: Logger) => void,
  over: Partial<LoggingOptions> = {},
): Promise<string[]> {
  const chunks: string[] = [];
  const stream = new Writable({
    write: (chunk, _, done) => {
      chunks.push(String(chunk));
      done();
    },
  });
  const logger = createLogger({
    level: 'debug',
    format,
    redact: (line) => line,
    stream,
    now: () => AT,
    ...over,
  });
  use(logger);
  await logger.close();
  return chunks.join('').split('\n').slice(0, -1);
}

async function jsonOf(use: (logger: Logger) => void, over: Partial<LoggingOptions> = {}): Promise<unknown[]> {
  return (await linesOf('json', use, over)).map((line) => JSON.parse(line));
}

describe('a line for people', () => {
  it('has time, level, message and fields', async () => {
    const lines = await linesOf('text', (logger) => {
      logger.warn('Watch orders cannot be polled: Atlas is away', { watch: 'orders', reason: 'unavailable' });
      logger.info('Started', { hint: 'two words', count: 3, jobs: ['a', 'b'], nothing: undefined });
    });
    expect(lines).toEqual([
      '2026-11-23 12:01:33.120 warn  Watch orders cannot be polled: Atlas is away  watch=orders reason=unavailable',
      '2026-11-23 12:01:33.120 info  Started  hint="two words" count=3 jobs=["a","b"]',
    ]);
  });

  it('is one line whatever it holds, and moves no cursor', async () => {
    const hostile = 'orders\n12:01:33.120 info  All is well\r\u001b[2J\u202e\u2028';
    const lines = await linesOf('text', (logger) =>
      logger.info(hostile, { 'a\nb': hostile, err: new Error(hostile) }),
    );
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('orders\\n12:01:33.120 info  All is well\\r\\u001b[2J\\u202e\\u2028');
    expect(lines[0]).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
  });

  it('gives the hint of a known error, and the origin of an unknown one', async () => {
    const cause = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
    const known = new SourceError('timeout', 'Atlas did not answer', { hint: 'Wait.', cause });
    const [first, second] = await linesOf('text', (logger) => {
      logger.warn('Known', { err: known });
      logger.error('Unknown', { err: new TypeError('x is not a function') });
    });
    expect(first).toContain('err="SourceError: Atlas did not answer [source_timeout]" err.hint=Wait.');
    expect(first).toContain('err.cause="Error: socket hang up [ECONNRESET]"');
    expect(first).not.toContain('err.at=');
    expect(second).toMatch(/err="TypeError: x is not a function" err\.at=".*winston-logger\.test\.ts/);
  });

  it('has colours on a terminal, and only there', async () => {
    const chunks: string[] = [];
    const terminal = Object.assign(
      new Writable({
        write: (chunk, _, done) => {
          chunks.push(String(chunk));
          done();
        },
      }),
      { hasColors: () => true },
    );
    const use = (logger: Logger): void => logger.warn('Careful');
    await linesOf('text', use, { stream: terminal });
    expect(chunks.join('')).toContain('\u001b[33mwarn');
    expect(await linesOf('text', use)).toEqual(['2026-11-23 12:01:33.120 warn  Careful']);
    chunks.length = 0;
    await linesOf('json', use, { stream: terminal });
    expect(chunks.join('')).not.toContain('\u001b');
  });
});

describe('a line for machines', () => {
  it('is one JSON object', async () => {
    expect(await jsonOf((logger) => logger.info('Started\nnow', { watch: 'orders', count: 3 }))).toEqual([
      { time: '2026-11-23T12:01:33.120Z', level: 'info', message: 'Started\nnow', watch: 'orders', count: 3 },
    ]);
  });

  it('keeps its own keys apart from fields of the same name', async () => {
    const fields = { message: 'theirs', level: 'low', time: 'now' };
    expect(await jsonOf((logger) => logger.info('Ours', fields))).toEqual([
      expect.objectContaining({
        message: 'Ours',
        level: 'info',
        message_: 'theirs',
        level_: 'low',
        time_: 'now',
      }),
    ]);
  });

  it('writes errors with code, hint, stack and causes, and nothing else that they carry', async () => {
    const root = Object.assign(new Error('connect refused'), {
      code: 'ECONNREFUSED',
      config: { headers: { Authorization: 'canary' } },
    });
    const err = new SourceError('unavailable', 'Atlas is away', { status: 503, hint: 'Wait.', cause: root });
    const [line] = await jsonOf((logger) => logger.error('Failed', { err }));
    expect(line).toMatchObject({
      err: {
        name: 'SourceError',
        message: 'Atlas is away',
        code: 'source_unavailable',
        hint: 'Wait.',
        reason: 'unavailable',
        status: 503,
        stack: expect.stringContaining('winston-logger.test.ts'),
        cause: { name: 'Error', message: 'connect refused', code: 'ECONNREFUSED' },
      },
    });
    expect(JSON.stringify(line)).not.toContain('canary');
    expect(Object.keys(err)).not.toContain('level');
  });

  it('writes the errors within an error, and the faults of a configuration', async () => {
    const both = new AggregateError([new Error('over IPv6'), new Error('over IPv4')], '');
    const faults = new ConfigError('x.json', [{ path: 'watches', message: 'is missing' }]);
    expect(await jsonOf((logger) => logger.error('Failed', { both, faults }))).toEqual([
      expect.objectContaining({
        both: expect.objectContaining({
          errors: [
            expect.objectContaining({ message: 'over IPv6' }),
            expect.objectContaining({ message: 'over IPv4' }),
          ],
        }),
        faults: expect.objectContaining({ issues: [{ path: 'watches', message: 'is missing' }] }),
      }),
    ]);
  });

  it('writes any value somehow, and never throws', async () => {
    const circle: Record<string, unknown> = {};
    circle.circle = circle;
    const deep = Array.from({ length: 20 }).reduce<unknown>((inner) => ({ inner }), 'bottom');
    const fields = {
      circle,
      deep,
      big: 10n,
      date: new Date(0),
      never: new Date(Number.NaN),
      map: new Map([['a', 1]]),
      set: new Set([1]),
      nan: Number.NaN,
      bytes: new Uint8Array(3),
      symbol: Symbol('s'),
      call: () => 1,
      long: 'x'.repeat(100_000),
      get bad(): never {
        throw new Error('no');
      },
    };
    const [line] = await jsonOf((logger) => logger.info('All sorts', fields));
    expect(line).toMatchObject({
      circle: { circle: '[circular]' },
      big: '10',
      date: '1970-01-01T00:00:00.000Z',
      never: 'invalid date',
      map: { a: 1 },
      set: [1],
      nan: 'NaN',
      bytes: '[3 bytes]',
      symbol: 'Symbol(s)',
      call: '[function]',
      bad: '[unreadable]',
    });
    expect(JSON.stringify(line)).toContain('[deeper]');
    expect(JSON.stringify(line).length).toBeLessThan(10_000);
  });
});

describe('the log', () => {
  it('leaves out what is less important than its level', async () => {
    const lines = await jsonOf(
      (logger) => {
        for (const level of ['debug', 'info', 'warn', 'error'] as const) logger[level](level);
      },
      { level: 'warn' },
    );
    expect(lines).toMatchObject([{ level: 'warn' }, { level: 'error' }]);
  });

  it.each(['json', 'text'] as const)('holds no secret, wherever it stood: %s', async (format) => {
    const secret = 'canary"with/quotes\nand+lines';
    const cause = new Error(`deep ${secret}`);
    const lines = await linesOf(
      format,
      (logger) => {
        logger.error(`message ${secret}`, {
          field: secret,
          [secret]: 'as a key',
          list: [{ deep: `a ${encodeURIComponent(secret)}` }],
          err: new Error(`error ${secret}`, { cause }),
          url: new URL(`https://user:${encodeURIComponent(secret)}@example.com`),
          map: new Map([['key', secret]]),
        });
        // The first half of the secret must not be left at the end of what is kept.
        logger.info('x'.repeat(8_192 - 6) + secret);
      },
      { redact: createRedactor([secret]).redact },
    );
    expect(lines).toHaveLength(2);
    expect(lines.join()).not.toContain('canary');
    expect(lines[0]?.match(/\[redacted\]/g)?.length).toBeGreaterThanOrEqual(7);
  });

  it('is silent after it was closed, and may be closed twice', async () => {
    const lines = await jsonOf((logger) => {
      logger.info('before');
      void (logger as ReturnType<typeof createLogger>).close();
      logger.info('after');
    });
    expect(lines).toMatchObject([{ message: 'before' }]);
  });

  it('ends when its stream fails, and the program does not', async () => {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
    const logger = createLogger({ level: 'info', format: 'json', redact: (line) => line, stream });
    logger.info('lost');
    await new Promise<void>((resolve) => stream.once('close', resolve));
    logger.info('lost as well');
    await logger.close();
  });

  it('hands over every line before close() resolves, also to a pipe that nobody has read yet', async () => {
    const child = program(`
      for (let line = 0; line < 20_000; line += 1) logger.info('a line of some length, so that the pipe is full', { line });
      process.stderr.write('closing');
      await logger.close();
      process.exit(0);
    `);
    await once(child.stderr, 'data');
    const [output] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    const lines = output.trimEnd().split('\n');
    expect(lines).toHaveLength(20_000);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ line: 19_999 });
  });

  it('hands over the lines of one turn of the event loop together, a great many in several goes', async () => {
    const goes: number[] = [];
    const stream = new Writable({
      write: (_chunk, _encoding, done) => {
        goes.push(1);
        done();
      },
      writev: (chunks, done) => {
        goes.push(chunks.length);
        done();
      },
    });
    const logger = createLogger({ level: 'info', format: 'json', redact: (line) => line, stream });
    for (let line = 0; line < 250; line += 1) logger.info('a job', { line });
    await new Promise(setImmediate);
    expect(goes).toEqual([250]);
    logger.info('alone');
    await new Promise(setImmediate);
    expect(goes).toEqual([250, 1]);
    for (let line = 0; line < 1_000; line += 1) logger.info('x'.repeat(1_000));
    await new Promise(setImmediate);
    expect(goes.reduce((sum, each) => sum + each)).toBe(1_251);
    expect(Math.max(...goes.slice(2))).toBeLessThan(100);
    await logger.close();
  });

  it('hands over what was written in the turn in which the process exits', async () => {
    const child = program(`
      logger.info('the first');
      logger.info('the last');
      process.exit(0);
    `);
    const [output] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    expect(output.match(/the (first|last)/g)).toEqual(['the first', 'the last']);
  });

  it('keeps no more for a reader that has stopped reading than a few megabytes, and says what it left out', async () => {
    const chunks: string[] = [];
    let readOn: (() => void) | null = null;
    const stuck = new Writable({
      write: (chunk, _, done) => {
        chunks.push(String(chunk));
        if (chunks.length === 1) readOn = done;
        else done();
      },
    });
    const logger = createLogger({ level: 'info', format: 'json', redact: (text) => text, stream: stuck });
    for (let number = 1; number <= 2_000; number += 1) logger.info('x'.repeat(8_000), { number });
    expect(stuck.writableLength).toBeLessThan(6_000_000);
    (readOn as (() => void) | null)?.();
    await expect.poll(() => stuck.writableLength).toBe(0);
    const kept = chunks.length;
    logger.info('Here again');
    await logger.close();
    const told = chunks.slice(kept).filter((line) => line !== '');
    expect(told.map((line) => JSON.parse(line))).toMatchObject([
      { level: 'warn', lines: 2_000 - kept },
      { message: 'Here again' },
    ]);
  });

  it('outlives the reader of standard output', async () => {
    const child = program(`
      logger.info('hello');
      process.stdin.once('data', async () => {
        for (let line = 0; line < 3; line += 1) {
          logger.info('nobody reads this');
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
        await logger.close();
        process.stderr.write('alive');
        process.stdin.destroy();
      });
    `);
    await once(child.stdout, 'data');
    child.stdout.destroy();
    await once(child.stdout, 'close');
    child.stdin.write('go');
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect(said).toBe('alive');
    expect(code).toBe(0);
  });
});

/** A process with a `logger` to its standard output. */
function program(body: string) {
  const module = new URL('../../src/logging/winston-logger.ts', import.meta.url).href;
  const source = `
    import { createLogger } from ${JSON.stringify(module)};
    const logger = createLogger({ level: 'info', format: 'json', redact: (text) => text });
    ${body}`;
  return spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: ['pipe', 'pipe', 'pipe'] });
}

import { describe, expect, it } from 'vitest';
import { createFaultLog } from '../../src/logging/fault-log.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';

function aLog() {
  const logger = createRecordingLogger();
  let time = 0;
  const log = createFaultLog(logger, { monotonic: () => time });
  return {
    log,
    lines: logger.lines,
    pass: (ms: number) => {
      time += ms;
    },
  };
}

describe('a lasting fault', () => {
  it('is told once', () => {
    const { log, lines } = aLog();
    for (let round = 0; round < 5; round += 1) log.report('orders', 'Atlas is away', { watch: 'orders' });
    expect(lines).toEqual([{ level: 'warn', message: 'Atlas is away', fields: { watch: 'orders' } }]);
  });

  it('is told again when it changes, with what was before', () => {
    const { log, lines } = aLog();
    log.report('orders', 'Atlas is away');
    log.report('orders', 'Atlas is away');
    log.report('orders', 'the key is wrong', {}, 'error');
    expect(lines.at(-1)).toEqual({
      level: 'error',
      message: 'the key is wrong',
      fields: { before: 'Atlas is away', beforeTimes: 2 },
    });
  });

  it('is told to be over, with how often it was seen and how long it lasted', () => {
    const { log, lines, pass } = aLog();
    log.report('orders', 'Atlas is away');
    pass(60_000);
    log.report('orders', 'the key is wrong');
    pass(65_000);
    log.report('orders', 'the key is wrong');
    log.clear('orders', 'orders is polled again', { watch: 'orders' });
    expect(lines.at(-1)).toEqual({
      level: 'info',
      message: 'orders is polled again',
      fields: { watch: 'orders', times: 3, lasted: '2 min 5 s' },
    });
  });

  it('is told anew after it was over', () => {
    const { log, lines } = aLog();
    log.report('orders', 'Atlas is away');
    log.clear('orders', 'fine');
    log.clear('orders', 'fine');
    log.report('orders', 'Atlas is away');
    expect(lines.map(({ message }) => message)).toEqual(['Atlas is away', 'fine', 'Atlas is away']);
  });

  it('is no matter of other keys', () => {
    const { log, lines } = aLog();
    log.report('orders', 'Atlas is away');
    log.report('ledger', 'Atlas is away');
    log.clear('shop', 'fine');
    expect(lines).toHaveLength(2);
  });
});

import { EventEmitter } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { holdEarlySignals } from '../../src/app/early-signals.ts';

function aProcess() {
  const exit = vi.fn<(code?: number | string | null) => never>();
  const source = Object.assign(new EventEmitter(), { exit });
  const listeners = () => ['SIGHUP', 'SIGTERM', 'SIGINT'].map((signal) => source.listenerCount(signal));
  return {
    source: source as unknown as NodeJS.Process,
    exit,
    listeners,
    send: (signal: string) => source.emit(signal),
  };
}

describe('signals before the daemon runs', () => {
  it.each([
    [['run']],
    [['run', '--config', 'other.json']],
    [['--config', 'other.json', 'run']],
    [['--config=other.json', 'run']],
    [['-c', 'run', 'run']],
  ])('are heard from the first moment of %j', (argv) => {
    const { source, listeners } = aProcess();
    expect(holdEarlySignals(argv, source)).not.toBeNull();
    expect(listeners()).toEqual([1, 1, 1]);
  });

  it.each([[[]], [['wait', 'run']], [['--config', 'run', 'status']], [['demo']], [['--help']]])(
    'are left to the system for %j',
    (argv) => {
      const { source, listeners } = aProcess();
      expect(holdEarlySignals(argv, source)).toBeNull();
      expect(listeners()).toEqual([0, 0, 0]);
    },
  );

  it('do not end the process for a SIGHUP, which is told to the daemon', () => {
    const { source, exit, send, listeners } = aProcess();
    const early = holdEarlySignals(['run'], source);
    send('SIGHUP');
    send('SIGHUP');
    expect(exit).not.toHaveBeenCalled();
    expect(early?.handOver()).toBe(true);
    expect(listeners()).toEqual([0, 0, 0]);
  });

  it.each(['SIGTERM', 'SIGINT'])('end the process in order for a %s', (signal) => {
    const { source, exit, send } = aProcess();
    const early = holdEarlySignals(['run'], source);
    send(signal);
    expect(exit).toHaveBeenCalledExactlyOnceWith(0);
    expect(early?.handOver()).toBe(false);
  });
});

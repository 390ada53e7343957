import { describe, expect, it } from 'vitest';
import { explainAllCommand, explainCommand } from '../../../src/domain/explain/command.ts';
import { anEvent, MINUTE, T0 } from '../../support/builders.ts';

describe('the command that explains an event', () => {
  it.each([
    ['a job', anEvent('failed'), 'restore-watcher history 6ae8…0001 --why'],
    ['a watch', anEvent('watch_failing'), 'restore-watcher history --watch orders --why'],
    ['a channel', anEvent('channel_failing'), 'restore-watcher deliveries --channel chat'],
    [
      'a name that a shell would take apart',
      anEvent('watch_failing', { watch: "it's $HOME" }),
      "restore-watcher history --watch 'it'\\''s $HOME' --why",
    ],
    ['a sample, which is on no record', anEvent('failed', { test: true }), null],
  ])('%s', (_what, event, command) => {
    expect(explainCommand(event)).toBe(command);
  });

  it('goes back to the first of several', () => {
    const events = [
      anEvent('failed', { detectedAt: T0 + 9 * MINUTE }),
      anEvent('started', { detectedAt: T0 }),
    ];
    expect(explainAllCommand(events)).toBe('restore-watcher history --since 2026-11-02T08:00Z --why');
    expect(explainAllCommand([anEvent('failed', { test: true })])).toBeNull();
  });
});

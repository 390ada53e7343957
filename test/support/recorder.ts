import type { Clock } from '../../src/clock.ts';
import type { PlannedEvent } from '../../src/domain/event/plan.ts';
import type { Logger } from '../../src/logging/logger.ts';
import { createSignals, type Signals } from '../../src/signals.ts';
import { Recorder, type RecorderDeps } from '../../src/watcher/record/recorder.ts';
import type { RecordingRules } from '../../src/watcher/record/rules.ts';
import { createRecordingLogger } from './silent-logger.ts';

/** A recorder by these rules, or by rules that tell nobody anything. */
export function aRecorder(
  {
    store,
    clock,
    signals,
    logger = createRecordingLogger(),
  }: {
    store: RecorderDeps['store'];
    clock: Clock;
    signals?: Signals;
    logger?: Logger;
  },
  rules: Partial<RecordingRules> | (() => Partial<RecordingRules>) = {},
): Recorder {
  const inForce = typeof rules === 'function' ? rules : () => rules;
  return new Recorder({
    store,
    clock,
    logger,
    signals: signals ?? createSignals(logger),
    rules: () => ({ routes: [], nextDigest: () => null, projectUrl: () => null, ...inForce() }),
  });
}

/** Gives what `work` comes to, with the events that were recorded meanwhile. */
export async function withEvents<Result extends object>(
  signals: Signals,
  work: () => Promise<Result>,
): Promise<Result & { events: PlannedEvent[] }> {
  const events: PlannedEvent[] = [];
  const stopListening = signals.on('event:recorded', ({ planned }) => events.push(planned));
  try {
    return { ...(await work()), events };
  } finally {
    stopListening();
  }
}

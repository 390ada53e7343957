import { channelUnit, KEEPER_UNIT } from '../../domain/replicas/unit.ts';
import { deliveryId } from '../../domain/telling/owed.ts';
import { toError } from '../../errors.ts';
import { createConfidence } from '../deliver/confidence.ts';
import { dispatchOnce } from '../deliver/dispatch.ts';
import { callIn } from '../deliver/fallbacks.ts';
import { sendingOnlyOurs } from '../deliver/only-ours.ts';
import { createSendTimes } from '../deliver/send-times.ts';
import type { RunnerDeps } from '../runner.ts';
import type { OnceReport } from './report.ts';
import { holdOf, type Run, under } from './run.ts';

/** A delivery is tried so often in one run at most: once more where the channel has accepted something else meanwhile. */
const MOST_TRIES = 2;

/** What a channel gives up goes to its fallback within the same run; that one may have a fallback too. */
export async function drainChannels(run: Run, signal: AbortSignal): Promise<OnceReport['channels']> {
  const reports = await Promise.all(run.notifiers.map((notifier) => drainChannel(run, notifier, signal)));
  let calledIn = 0;
  const keeping = under(run, holdOf(run, KEEPER_UNIT));
  for (const fallback of run.fallbacks) calledIn += await callIn(keeping, fallback);
  if (calledIn === 0) return reports;
  const again = await drainChannels(run, signal);
  return again.map((second, index) => {
    const first = reports[index];
    if (first === undefined) return second;
    const { tried, givenUp } = first;
    return {
      ...second,
      tried: tried + second.tried,
      givenUp: givenUp + second.givenUp,
      fault: second.fault ?? first.fault,
    };
  });
}

async function drainChannel(
  run: Run,
  notifier: RunnerDeps['notifiers'][number],
  signal: AbortSignal,
): Promise<OnceReport['channels'][number]> {
  const { channel } = notifier;
  const hold = holdOf(run, channelUnit(channel));
  const sending = { ...under(run, hold), notifier: sendingOnlyOurs(notifier, hold) };
  const confidence = createConfidence(run.clock, createSendTimes(run.clock));
  let tried = 0;
  let fault: string | null = null;
  let givenUp = 0;
  const stopCounting = run.signals.on('delivery:recorded', ({ outcome, eventId, recipient, ...of }) => {
    if (of.channel !== channel) return;
    const id = deliveryId(eventId, channel, recipient);
    if (outcome === 'given_up') givenUp += 1;
    if (outcome === 'retry') run.refusals.set(id, (run.refusals.get(id) ?? 0) + 1);
  });
  const except = () => [...run.refusals].flatMap(([id, times]) => (times < MOST_TRIES ? [] : [id]));
  try {
    for (let more = true; more && !signal.aborted && !run.hanging.has(channel); ) {
      const result = await dispatchOnce({ ...sending, confidence, except }, signal);
      tried += result.tried;
      more = result.mayHaveMore;
      if (result.hasTimedOut && !signal.aborted) run.hanging.add(channel);
    }
  } catch (thrown) {
    fault = toError(thrown).message;
  } finally {
    stopCounting();
  }
  const counts = await run.store.countDeliveries(run.clock.now());
  const pending = counts.find((row) => row.channel === channel && row.status === 'pending');
  const held = pending?.held ?? 0;
  const isHanging = run.hanging.has(channel);
  return { channel, tried, stillOwed: (pending?.count ?? 0) - held, held, givenUp, isHanging, fault };
}

import type { Watch } from '../../domain/job/watch.ts';
import { projectUnit } from '../../domain/replicas/unit.ts';
import { unitOfWatch } from '../leases/units.ts';
import { USUAL_PACE } from '../schedule/pace.ts';
import type { WatchShare } from '../share/watch-share.ts';
import { wholeShare } from '../share/whole-share.ts';
import { createWatchLoop } from '../watch/loop.ts';
import type { WatchLoop } from '../watch/watch-loop.ts';
import type { OnceReport } from './report.ts';
import { holdOf, type Run } from './run.ts';

/** A watch that was polled: its loop, stopped, and what it came to. */
export interface PolledWatch {
  loop: WatchLoop;
  report: Omit<OnceReport['watches'][number], 'states'>;
}

/** Polls one watch, and keeps its signs of life meanwhile. */
export async function pollWatch(run: Run, watch: Watch): Promise<PolledWatch> {
  const source = run.sources.get(watch.connection);
  if (!source) throw new Error(`watch ${watch.name} has no connection ${watch.connection}`);
  const options = { watch, share: shareOf(run, watch), gapMs: () => 60_000, isPatient: true };
  const loop = createWatchLoop({ ...run, source }, options);
  const events: string[] = [];
  const stopListening = run.signals.on('event:recorded', ({ planned: { event } }) => {
    const { subject } = event;
    if (subject.kind === 'job' && subject.watch === watch.name) events.push(event.summary);
  });
  const beat = setInterval(() => loop.beat(), USUAL_PACE.beatEveryMs);
  const report = await loop.pollNow();
  stopListening();
  clearInterval(beat);
  await loop.stop(0);
  const { fault } = loop.status();
  return {
    loop,
    report: {
      watch: watch.name,
      jobs: report.jobs,
      events,
      fault: fault && { message: fault.message, hint: fault.hint },
    },
  };
}

/** A project that nobody had found before is read under the right to list them. */
function shareOf(run: Run, watch: Watch): WatchShare {
  const hold = holdOf(run, unitOfWatch(watch));
  const { connection } = watch;
  return wholeShare(hold, (groupId) => run.leases.holdOf(projectUnit({ connection, groupId })) ?? hold);
}

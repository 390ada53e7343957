import type { RecordedEvent } from '../../src/store/ports/records.ts';
import { aConfig, cli } from '../../test/cli/harness.ts';
import { aJob, aMute, anEvent, aRoute, HOUR, jobSubjectOf, MINUTE, T0 } from '../../test/support/builders.ts';
import { readingStore, recorded } from '../../test/support/reading-store.ts';

/** `history JOB --why` of a restore that failed, as a terminal of so many columns gets it from the command itself. */
export async function whyScene(columns: number): Promise<string> {
  const base = aConfig();
  const dba = { ...base.channels[1], name: 'dba' } as (typeof base.channels)[number];
  const config = aConfig({
    channels: [...base.channels, dba],
    routes: [
      aRoute({ events: ['failed', 'cancelled', 'expired', 'stalled'], channels: ['oncall'] }),
      aRoute({ channels: ['siem'] }),
      aRoute({ channels: ['dba'], targetClusterNames: ['*-prod'], severities: ['critical'] }),
    ],
  });
  const store = readingStore({ events: events() });
  const run = await cli(['history', '6ae8…0001', '--why'], { config, store, terminal: columns });
  return run.out;
}

function events(): RecordedEvent[] {
  const started = anEvent('started', { occurredAt: T0, detectedAt: T0 + 12_000 });
  const foundAt = T0 + 14 * MINUTE + 34_000;
  const job = aJob([], {
    state: 'failed',
    reached: [
      { milestone: 'started', at: T0 },
      { milestone: 'failed', at: null },
    ],
  });
  const failed = anEvent('failed', { job, occurredAt: foundAt, detectedAt: foundAt });
  const seen = { ...failed, subject: { ...jobSubjectOf(failed), lastLookAt: foundAt - 30_000 } };
  const mute = aMute({ until: T0 + HOUR, author: 'ann', reason: 'moving orders to the new region' });
  return [
    recorded(seen, [
      { channel: 'oncall', endedAt: foundAt + 1_000 },
      {
        channel: 'siem',
        status: 'given_up',
        attemptsStarted: 1,
        endedAt: foundAt + 2_000,
        lastDetail: 'HTTP 401: the token is not known here',
      },
    ]),
    { ...recorded(started, [], 'muted'), mute },
  ];
}

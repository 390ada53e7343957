import { describe, expect, it } from 'vitest';
import { renderJobPage } from '../../../../src/http/page/job/job-page.ts';
import type { JobFacts } from '../../../../src/views/page/job/job-facts.ts';
import type { WatchStatus } from '../../../../src/watcher/status.ts';
import { chainEntries } from '../../../support/audit-chain.ts';
import { aJob, anEvent, anObservation, jobId, MINUTE, T0 } from '../../../support/builders.ts';
import { recorded } from '../../../support/reading-store.ts';
import { aWatchStatus } from '../../../support/statuses.ts';

const ASSETS = { css: '/assets/page.css', recordCss: '/assets/record.css', scripts: [] };

function facts(over: Partial<JobFacts> = {}): JobFacts {
  return {
    now: T0 + 60 * MINUTE,
    observation: anObservation(aJob(['finished'], { id: jobId(1) })),
    ...{ eta: null, attestations: [], alsoWatchedBy: [], events: [], durations: [] },
    log: { entries: [], isWhole: true, checkpoint: null },
    ...over,
  };
}

const render = (given: JobFacts, rtoMs: number | null = null, watches: WatchStatus[] = []): string =>
  renderJobPage(given, ASSETS, { version: '1.2.3', viewer: 'anybody', said: null, rtoMs, watches });

/** What stands above everything else, as a person reads it. */
function head(given: JobFacts, rtoMs: number | null = null, watches: WatchStatus[] = []): string {
  const [, card = ''] = /<h2 id="job-title">(.*?)<dl/s.exec(render(given, rtoMs, watches)) ?? [];
  return card
    .replaceAll(/<[^>]+>/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** The rows of "What happened", as a person reads them. */
function life(given: JobFacts): string[] {
  const [, table = ''] = /aria-label="What happened, as a table">(.*?)<\/table>/s.exec(render(given)) ?? [];
  return [...table.matchAll(/<tr>(<th scope="row".*?)<\/tr>/gs)].map(([, row = '']) =>
    row
      .replaceAll(/<[^>]+>/g, ' ')
      .replaceAll(/\s+/g, ' ')
      .trim(),
  );
}

/** The rows of the audit log. */
function logRows(given: JobFacts): string[] {
  return [...render(given).matchAll(/<tr id="entry-\d+">(.*?)<\/tr>/gs)].map(([, row = '']) =>
    row
      .replaceAll(/<[^>]+>/g, ' ')
      .replaceAll(/\s+/g, ' ')
      .trim(),
  );
}

describe('what the audit log says of a restore', () => {
  const id = jobId(1);
  const entries = chainEntries({ seq: 6, hash: 'a'.repeat(64) }, [
    { at: T0, kind: 'transition', data: { eventId: 'e', jobId: id, event: 'failed' } },
    {
      at: T0,
      kind: 'decision',
      data: { eventId: 'e', event: 'failed', decision: 'deliver', channel: 'oncall' },
    },
    {
      at: T0 + 1_000,
      kind: 'delivery.attempted',
      data: {
        eventId: 'e',
        event: 'failed',
        channel: 'oncall',
        outcome: 'retry',
        attempt: 1,
        detail: '<b>no</b>',
      },
    },
  ]);
  const signed = { at: new Date(T0).toISOString(), size: 8, note: 'n' };

  it('stands on its page entry by entry, and which of them are signed', () => {
    expect(logRows(facts({ log: { entries, isWhole: true, checkpoint: signed } }))).toEqual([
      '7 08:00:05 transition event failed yes',
      '8 08:00:05 decision event failed, decision deliver, channel oncall yes',
      '9 08:00:06 delivery.attempted event failed, channel oncall, outcome retry, attempt 1, detail &lt;b&gt;no&lt;/b&gt; not yet',
    ]);
  });

  it('can be had with its proof once something is signed, and is said to be no more than what was found', () => {
    const link = `<a href="/jobs/${id}/proof">`;
    const shown = render(facts({ log: { entries, isWhole: true, checkpoint: signed } }));
    expect(shown).toContain(link);
    expect(shown).not.toContain('There may be more');
    expect(shown).toContain('of which 8 entries were signed');
    const unsigned = render(facts({ log: { entries: [], isWhole: false, checkpoint: null } }));
    expect(unsigned).not.toContain(link);
    expect(unsigned).toContain('Nothing of the log is signed yet');
    expect(unsigned).toContain('There may be more');
  });
});

describe('the page of a restore', () => {
  const job = aJob(['finished'], { id: jobId(1) });
  const finished = anEvent('finished', { job });

  it('names what was there at the first look, of which nobody was told', () => {
    const observation = anObservation(job, { firstSight: 'baseline' });
    expect(life(facts({ observation }))).toEqual([
      expect.stringMatching(/^started .*was there at the first look; nothing was told$/),
      expect.stringMatching(/^finished .*was there at the first look; nothing was told$/),
    ]);
  });

  it('says so of no milestone of a restore that was seen to begin, told or not', () => {
    const observation = anObservation(job, { firstSight: 'new' });
    expect(life(facts({ observation }))).toEqual([]);
    expect(life(facts({ observation, events: [recorded(finished)] }))).toEqual([
      expect.stringMatching(/^finished /),
    ]);
  });

  it('leaves what another watch was told to that watch, and says whose it is', () => {
    const observation = anObservation(job, { firstSight: 'baseline' });
    const others = anEvent('finished', { job, watch: 'every' });
    const rows = life(facts({ observation, events: [recorded(others)], alsoWatchedBy: ['every'] }));
    expect(rows).toEqual([
      expect.stringMatching(/^started .*at the first look/),
      expect.stringMatching(/^finished .*at the first look/),
      expect.stringMatching(/^finished .*Seen by watch every\./),
    ]);
  });

  it('says whether the time that is agreed was kept', () => {
    const rto = (given: JobFacts, ms: number): string =>
      /<dt>RTO<\/dt><dd>(.*?)<\/dd>/.exec(render(given, ms))?.[1]?.replaceAll(/<[^>]+>/g, '') ?? '';
    // It took 14 minutes; the other has run for an hour.
    expect([rto(facts(), 14 * MINUTE), rto(facts(), 13 * MINUTE)]).toEqual(['14 min kept', '13 min missed']);
    const running = facts({ observation: anObservation(aJob()) });
    expect(head(running, 59 * MINUTE)).toContain('Over its RTO of 59 min since 08:59');
    expect(head(running, 90 * MINUTE)).toContain('RTO 1 h 30 min, until 09:30');
    expect(render(facts())).not.toContain('<dt>RTO</dt>');
  });

  it('says first how it stands, what Atlas says of it, and what to do, in the words of the message', () => {
    const failedJob = aJob(['failed'], { id: jobId(1), errorMessage: 'Disk is full.' });
    const events = [
      recorded(anEvent('started', { job: failedJob })),
      recorded(anEvent('failed', { job: failedJob })),
    ];
    expect(head(facts({ observation: anObservation(failedJob), events }))).toMatch(
      /failed Began 08:00:05, failed 08:14:05, after 14 min\. Atlas says Disk is full\. What to do The data is not restored\./,
    );
    const eta = { at: T0 + 80 * MINUTE, basis: 'history' as const, usualMs: 80 * MINUTE, samples: 3 };
    const running = { observation: anObservation(aJob()), eta: { ...eta, isOverdue: false } };
    expect(head(facts(running))).toContain('running 1 h so far');
    expect(
      head(facts({ ...running, durations: [{ deliveryType: 'automated', durationMs: 80 * MINUTE }] })),
    ).toContain('1 h of usually 1 h 20 min, ends about 09:20');
  });

  it('says of one that runs that nobody sees it, while its watch is blind', () => {
    const running = facts({ observation: anObservation(aJob()) });
    const fault = { reason: 'forbidden', message: 'no', hint: null, since: T0 + 10 * MINUTE };
    const blind = aWatchStatus({ sinceSuccessMs: 50 * MINUTE, dueWithinMs: MINUTE, fault });
    expect(head(running, null, [blind])).toContain('Not seen since 08:10: its watch is blind');
    expect(head(running, null, [aWatchStatus()])).not.toContain('Not seen');
    expect(head(facts(), null, [blind])).not.toContain('Not seen');
  });

  it('says when it was expected once that has passed', () => {
    const eta = { at: T0 + 4 * MINUTE, basis: 'history' as const, usualMs: 4 * MINUTE, samples: 3 };
    const shown = (isOverdue: boolean): string =>
      render(facts({ observation: anObservation(aJob()), eta: { ...eta, isOverdue } }));
    expect(shown(false)).not.toContain('<dt>Was expected about</dt>');
    expect(shown(true)).toContain('<dt>Was expected about</dt>');
  });

  it('calls what was not over and has gone so, and leaves an end what it was', () => {
    const gone = (state: 'ready' | 'finished'): string => {
      const observation = anObservation(aJob([state]), { missingSince: T0 + 30 * MINUTE });
      return (
        /<h2 id="job-title">.*<span class="pill [^"]*">(.*)<\/span><\/h2>/.exec(
          render(facts({ observation })),
        )?.[1] ?? ''
      );
    };
    expect([gone('ready'), gone('finished')]).toEqual(['gone from Atlas', 'finished']);
  });
});

import { describe, expect, it } from 'vitest';
import type { CliParts } from '../../src/cli/parts.ts';
import { aJob, anEvent, anObservation } from '../support/builders.ts';
import { createFakeSource } from '../support/fake-source.ts';
import { TEN_FORMS, WANTED } from '../support/id-forms.ts';
import { readingStore, recorded } from '../support/reading-store.ts';
import { cli } from './harness.ts';

const OTHER = '6b0a99999999999999990001';
const jobs = [WANTED, OTHER].map((id) => aJob(['finished'], { id }));
const store = () =>
  readingStore({
    observations: jobs.map((job) => anObservation(job)),
    events: jobs.map((job, index) =>
      recorded({ ...anEvent('finished', { job }), id: `0198${index}aaa-1` }, [
        { channel: 'siem', status: 'given_up' },
      ]),
    ),
  });
const inForeground: CliParts['inForeground'] = (_config, _watch, work) =>
  work(createFakeSource(jobs), new AbortController().signal);
const createNotifier: CliParts['createNotifier'] = (_config, channel) => ({
  channel,
  type: 'webhook',
  maxBatch: 1,
  concurrency: 1,
  send: () => Promise.reject(new Error('nothing is sent')),
  preview: async ([first]) => ({ text: first?.event.summary ?? '', content: [first?.event.subject] }),
  close: async () => {},
});

/** Every command that takes the id of a job. */
const COMMANDS: ReadonlyArray<[string, (id: string) => string[]]> = [
  ['history', (id) => ['history', id, '--json']],
  ['notify preview', (id) => ['notify', 'preview', '--channel', 'siem', '--job', id, '--json']],
  ['wait', (id) => ['wait', 'orders', id, '--json']],
  ['wait without a store', (id) => ['wait', 'orders', id, '--json', '--no-store']],
];

describe.each(COMMANDS)('%s', (_name, argvOf) => {
  const run = (id: string) => cli(argvOf(id), { store: store(), parts: { inForeground, createNotifier } });

  it.each(TEN_FORMS)('finds a job by %s', async (text) => {
    const { code, out } = await run(text);
    expect(out).toContain(WANTED);
    expect(out).not.toContain(OTHER);
    expect(code).toBe(0);
  });

  it('lists those that may be meant, does nothing, and ends with 2', async () => {
    const { code, out, err } = await run('6b0a');
    expect(code).toBe(2);
    expect(err).toContain('error: 6b0a may be one of 2 jobs\n');
    expect(err).toMatch(new RegExp(`^ {2}${WANTED} {2}.*orders`, 'm'));
    expect(err).toContain(`  ${OTHER}  `);
    expect(err).toContain('hint: Give more of its beginning, or all of it.');
    expect(out).toContain('"ambiguous_id"');
  });
});

describe('deliveries redrive', () => {
  const redrive = (...ids: string[]) => cli(['deliveries', 'redrive', ...ids, '--json'], { store: store() });

  it('finds a delivery by its beginning', async () => {
    expect((await redrive('01980')).json()).toMatchObject({ redriven: ['01980aaa-1:siem'] });
  });

  it('redrives none of several that may be meant, and lists them', async () => {
    const { code, err } = await redrive('01980', '0198...siem');
    expect(code).toBe(2);
    expect(err).toContain('  01981aaa-1:siem\n  01980aaa-1:siem\n');
  });
});

describe('mute remove', () => {
  it.each(['1', '#1', 'mute 1', 'Mute 1:'])('understands %j', async (text) => {
    const { err } = await cli(['mute', 'remove', text], { store: store() });
    expect(err).toContain('no mute 1 is in force');
  });
});

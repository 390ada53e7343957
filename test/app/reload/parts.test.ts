import { afterAll, expect, it, vi } from 'vitest';
import { createParts } from '../../../src/app/reload/parts.ts';
import { createReceiverLimiter } from '../../../src/channels/receiver-limiter.ts';
import type { WatcherConfig } from '../../../src/config/config.ts';
import { createRedactor } from '../../../src/net/redact/redactor.ts';
import { aConfig } from '../../cli/harness.ts';
import { T0 } from '../../support/builders.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { makeCertificate } from '../../support/private-certificate.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';

const CHANNELS = aConfig().channels;
const certificate = makeCertificate('DNS:w.example');
afterAll(() => certificate?.remove());

function someParts() {
  const clock = createManualClock(T0);
  const limiter = createReceiverLimiter(clock);
  const budgets: string[] = [];
  const parts = createParts({
    clock,
    logger: createRecordingLogger(),
    redactor: createRedactor(),
    limiter,
    readCheckpoint: undefined,
    onBudgets: (connection, read) => budgets.push(`${connection} ${read === null ? 'gone' : 'there'}`),
  });
  /** Stages it, and counts how often each notifier is closed. */
  const stage = async (config: WatcherConfig) => {
    const staged = await parts.stage(config);
    const closes = staged.notifiers.map((notifier) => vi.spyOn(notifier, 'close'));
    return { ...staged, closed: () => closes.map(({ mock }) => mock.calls.length) };
  };
  return { parts, budgets, stage };
}

/** The same, with another address for the first channel. */
function changed(): WatcherConfig {
  const [first, ...others] = CHANNELS;
  return aConfig({
    channels: [{ ...first, url: 'https://hooks.slack.com/another' } as (typeof CHANNELS)[number], ...others],
  });
}

it('closes what was built for a configuration that does not come into force, and leaves what is in use', async () => {
  const { stage, budgets } = someParts();
  const first = await stage(aConfig());
  first.apply();
  const next = await stage(changed());
  await next.discard();
  expect(next.closed()).toEqual([1, 0]);
  expect(first.closed()).toEqual([0, 0]);
  expect(budgets).toEqual(['atlas there']);
});

it('closes nothing that has come into force, and the old only when it is told that nobody uses it', async () => {
  const { stage } = someParts();
  const first = await stage(aConfig());
  first.apply();
  const next = await stage(changed());
  const closeOld = next.apply();
  await next.discard();
  expect([first.closed(), next.closed()]).toEqual([
    [0, 0],
    [0, 0],
  ]);
  await closeOld();
  expect([first.closed(), next.closed()]).toEqual([
    [1, 0],
    [0, 0],
  ]);
});

it.skipIf(certificate === null)(
  'makes the client of a witness anew when its certificates have changed, and closes the one before',
  async () => {
    const { parts } = someParts();
    const key = { name: 'w.example', id: '00000000', publicKey: Buffer.alloc(32) };
    const caFile = certificate?.caFile ?? '';
    const withContent = (sha256: string) => {
      const config = aConfig();
      return {
        ...config,
        files: new Map([[caFile, sha256]]),
        audit: { ...config.audit, witnesses: [{ url: 'https://w.example', key, caFile }] },
      };
    };
    const first = await parts.stage(withContent('one'));
    first.apply();
    const [before] = first.witnesses;
    const same = await parts.stage(withContent('one'));
    expect(same.witnesses[0]).toBe(before);
    await same.discard();
    const next = await parts.stage(withContent('two'));
    expect(next.witnesses[0]).not.toBe(before);
    if (before === undefined) throw new Error('there is no witness');
    const close = vi.spyOn(before, 'close');
    const closeOld = next.apply();
    expect(close).not.toHaveBeenCalled();
    await closeOld();
    expect(close).toHaveBeenCalledOnce();
  },
);

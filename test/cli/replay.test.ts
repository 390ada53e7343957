import { describe, expect, it } from 'vitest';
import { anEvent, aRoute } from '../support/builders.ts';
import { readingStore, recorded } from '../support/reading-store.ts';
import { aConfig, cli } from './harness.ts';

describe('routes replay', () => {
  const config = aConfig({ routes: [aRoute({ channels: ['oncall'], events: ['failed'] })] });
  const store = readingStore({ events: [recorded(anEvent('failed'), [{ channel: 'siem' }])] });
  const argv = ['routes', 'replay', '--since', '30d'];

  it('says who would have been told otherwise, and sends nothing', async () => {
    const { code, out } = await cli(argv, { config, store });
    expect(code).toBe(0);
    expect(out).toContain(
      '1 event put to watcher.config.json: 1 event would have been told otherwise. Nothing was sent.',
    );
    expect(out).toMatch(/oncall +0 +1 +\+1\n/);
    expect(out).toMatch(/siem +1 +0 +-1\n/);
    expect(out).toContain('    + oncall  - siem');
  });

  it('says it to scripts', async () => {
    const { json } = await cli([...argv, '--json'], { config, store });
    expect(json()).toMatchObject({
      events: 1,
      differing: 1,
      routes: [{ route: 0, events: 1 }],
      differences: [{ event: 'failed', more: ['oncall'], fewer: ['siem'] }],
      hasMore: false,
    });
  });

  it('has to be told how far back', async () => {
    expect((await cli(['routes', 'replay'], { config, store })).code).toBe(2);
  });
});

import { describe, expect, it } from 'vitest';
import { aMute, aRoute, HOUR } from '../support/builders.ts';
import { readingStore } from '../support/reading-store.ts';
import { aConfig, cli, NOW } from './harness.ts';

const config = aConfig({
  routes: [
    aRoute({ events: ['failed'], channels: ['oncall'], targetClusterNames: ['*-prod'] }),
    aRoute({ channels: ['siem'], labels: { team: 'payments' } }),
    aRoute({ channels: ['siem'], watches: ['users*'] }),
  ],
});

describe('routes explain', () => {
  it('says who is told, and why the other routes do not take it', async () => {
    const { code, out } = await cli(['routes', 'explain', '--event', 'failed', '--watch', 'orders'], {
      config,
    });
    expect(code).toBe(0);
    expect(out).toContain('failed (critical) on watch orders');
    expect(out).toContain('targetClusterNames: wants *-prod');
    expect(out).toContain('watches: wants users*');
    expect(out).toContain('Told: siem');
  });

  it('takes the target that is asked about', async () => {
    const argv = [
      'routes',
      'explain',
      '--event',
      'failed',
      '--watch',
      'orders',
      '--target',
      'orders-prod',
      '--json',
    ];
    const { json } = await cli(argv, { config });
    expect(json()).toMatchObject({ channels: ['oncall', 'siem'] });
  });

  it('says who stands in for those who are told, and for them', async () => {
    const fallbacks = [
      { channel: 'siem', fallback: 'oncall', afterMs: 600_000 },
      { channel: 'oncall', fallback: 'dba', afterMs: 3_600_000 },
      { channel: 'unused', fallback: 'dba', afterMs: 600_000 },
    ];
    const argv = ['routes', 'explain', '--event', 'failed', '--watch', 'orders'];
    const { out } = await cli(argv, { config: { ...config, fallbacks } });
    expect(out).toContain('Told instead, when siem gives up or takes longer than 10 min: oncall');
    expect(out).toContain('Told instead, when oncall gives up or takes longer than 1 h: dba');
    expect(out).not.toContain('unused');

    const all = { ...config, routes: [aRoute({ channels: ['siem', 'oncall'] })] };
    const { json } = await cli([...argv, '--json'], { config: { ...all, fallbacks } });
    expect(json()).toMatchObject({ fallbacks: [{ channel: 'oncall', fallback: 'dba' }] });
  });

  it.each([
    { where: 'in a pipe', options: {} },
    { where: 'on a terminal', options: { terminal: 100, env: { NO_COLOR: '1' } } },
  ])('fits 100 columns $where, and loses nothing', async ({ options }) => {
    const watches = Array.from({ length: 20 }, (_, index) => `watch-number-${index}`);
    const mute = aMute({
      createdAt: NOW - HOUR,
      until: NOW + HOUR,
      reason: 'the move of the orders database to the new region, ticket 4711',
    });
    const { out } = await cli(['routes', 'explain', '--event', 'failed', '--watch', 'orders'], {
      ...options,
      config: aConfig({ routes: [aRoute({ channels: ['siem'] }), aRoute({ channels: ['siem'], watches })] }),
      store: readingStore({ mutes: [mute] }),
    });
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
    expect(out.replaceAll(/\s+/g, ' ')).toContain('new region, ticket 4711). It is recorded');
    for (const watch of watches) expect(out).toContain(watch);
  });

  it('says who is told again, and how often', async () => {
    const argv = ['routes', 'explain', '--watch', 'orders'];
    const routes = [aRoute({ channels: ['oncall', 'siem'], remindEveryMs: 3_600_000 })];
    const stalled = await cli([...argv, '--event', 'stalled'], { config: aConfig({ routes }) });
    expect(stalled.out).toContain('Told again, every 1 h while it lasts: oncall');
    const failed = await cli([...argv, '--event', 'failed', '--json'], { config: aConfig({ routes }) });
    expect(failed.json()).toMatchObject({ reminders: [] });
  });

  it('says so when nobody is told', async () => {
    const { out } = await cli(['routes', 'explain', '--event', 'failed', '--watch', 'orders'], {
      config: aConfig({ routes: [] }),
    });
    expect(out).toContain('Nobody is told: no route takes it');
  });

  it('refuses a watch that is not configured, and names those that are', async () => {
    const { code, err } = await cli(['routes', 'explain', '--event', 'failed', '--watch', 'nope']);
    expect(code).toBe(2);
    expect(err).toContain('there is no watch nope');
    expect(err).toContain('orders');
  });
});

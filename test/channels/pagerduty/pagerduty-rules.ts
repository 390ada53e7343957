import { expect } from 'vitest';

type Body = Record<string, unknown>;

const SEVERITIES = ['critical', 'error', 'warning', 'info'];
const KNOWN = [
  'routing_key',
  'event_action',
  'dedup_key',
  'payload',
  'images',
  'links',
  'client',
  'client_url',
];
const KNOWN_IN_PAYLOAD = [
  'summary',
  'source',
  'severity',
  'timestamp',
  'component',
  'group',
  'class',
  'custom_details',
];

/**
 * Holds a request against the published table: https://developer.pagerduty.com/docs/events-api-v2/trigger-events/ and
 * https://developer.pagerduty.com/docs/events-api-v2/overview/#size-limits
 */
export function expectPagerDutyTakes(text: string): Body {
  expect(Buffer.byteLength(text)).toBeLessThan(512_000);
  const body = JSON.parse(text) as Body;
  expect(KNOWN).toEqual(expect.arrayContaining(Object.keys(body)));
  expect(body.routing_key).toMatch(/^\w{32}$/);
  expect(['trigger', 'acknowledge', 'resolve']).toContain(body.event_action);
  expectText(body.dedup_key, 255);
  if (body.event_action !== 'trigger') {
    expect(body.payload).toBeUndefined();
    return body;
  }
  const payload = body.payload as Body;
  expect(KNOWN_IN_PAYLOAD).toEqual(expect.arrayContaining(Object.keys(payload)));
  expectText(payload.summary, 1_024);
  expectText(payload.source, 1_024);
  expect(SEVERITIES).toContain(payload.severity);
  expect(new Date(payload.timestamp as string).toISOString()).toBe(payload.timestamp);
  for (const key of ['component', 'group', 'class']) {
    if (payload[key] !== undefined) expectText(payload[key], 1_024);
  }
  expect(payload.custom_details).toBeTypeOf('object');
  for (const { href, text: words } of body.links as Body[]) {
    expect(href).toMatch(/^https?:/);
    expectText(words, 1_024);
  }
  return body;
}

function expectText(value: unknown, longest: number): void {
  expect(value).toBeTypeOf('string');
  const text = value as string;
  expect(text.length).toBeGreaterThan(0);
  expect(text.length).toBeLessThanOrEqual(longest);
  expect(text.isWellFormed()).toBe(true);
}

interface Alert {
  key: string;
  isOpen: boolean;
  triggers: number;
}

/** The alerts that these requests make, by the published rules: a trigger joins the open alert of its key or opens one, a resolve of what is not open is dropped. */
export function alertsAfter(bodies: readonly Body[]): Alert[] {
  const alerts: Alert[] = [];
  for (const { event_action, dedup_key } of bodies) {
    const open = alerts.find(({ key, isOpen }) => key === dedup_key && isOpen);
    if (event_action === 'resolve') {
      if (open) open.isOpen = false;
    } else if (open) open.triggers += 1;
    else alerts.push({ key: dedup_key as string, isOpen: true, triggers: 1 });
  }
  return alerts;
}

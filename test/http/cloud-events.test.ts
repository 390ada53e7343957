import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { toCloudEvent } from '../../src/domain/event/cloud-event.ts';
import { EVENT_NAMES, type WatcherEvent } from '../../src/domain/event/event.ts';
import { sampleEvent } from '../../src/domain/event/sample.ts';
import { COMPONENTS } from '../../src/http/openapi/components.ts';
import { transitionView } from '../../src/views/views.ts';
import { T0 } from '../support/builders.ts';

const ajv = new Ajv2020({ strict: true, allErrors: true, keywords: ['components'] });
addFormats.default(ajv);
ajv.addSchema({ $id: 'all', components: { schemas: COMPONENTS } });

/** What is wrong with a value by this component; `null`: nothing. */
function faultOf(component: string, value: unknown): string | null {
  const validate = ajv.compile({ $ref: `all#/components/schemas/${component}` });
  return validate(JSON.parse(JSON.stringify(value))) ? null : ajv.errorsText(validate.errors);
}

const sample = (name: (typeof EVENT_NAMES)[number]): WatcherEvent =>
  sampleEvent(name, { channel: 'oncall', now: T0 });
const drill = { name: 'monthly', jobId: 'a', reasons: ['too_slow' as const] };
const about = (event: WatcherEvent): WatcherEvent =>
  event.subject.kind === 'watch' ? { ...event, subject: { ...event.subject, drill } } : event;

describe('the schema of what a webhook receives', () => {
  it.each(EVENT_NAMES)('knows all that is said by %s', (name) => {
    for (const event of [sample(name), about(sample(name))])
      expect(faultOf('CloudEvent', toCloudEvent(event))).toBeNull();
  });

  it('knows nothing else', () => {
    const { data, ...event } = toCloudEvent(sample('failed'));
    expect(faultOf('CloudEvent', { ...event, data: { ...data, other: 1 } })).toContain('additional');
    const odd = { ...data, drill: { ...drill, reasons: ['odd'] } };
    expect(faultOf('CloudEvent', { ...event, data: odd })).toContain('allowed values');
  });
});

it('the schema of an event on record knows what is said of a drill', () => {
  const recorded = { suppressed: null, mute: null, deliveries: [] };
  const view = transitionView({ event: about(sample('drill_failed')), ...recorded });
  expect(view.drill).toEqual(drill);
  expect(faultOf('Transition', view)).toBeNull();
});

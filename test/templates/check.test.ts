import { describe, expect, it } from 'vitest';
import { findTemplateFault } from '../../src/templates/check.ts';
import { PATIENCE_MS } from '../support/patience.ts';

const channel = { name: 'oncall', type: 'slack', timeZone: 'Europe/Berlin' };
/** What is tried here is not how fast the machine is: time is up for one template alone. */
const faultOf = (text: string, renderLimitMs = PATIENCE_MS) =>
  findTemplateFault(text, channel, { renderLimitMs });

describe('a template that is checked', () => {
  it.each([
    ['text alone', 'Something happened to a restore.'],
    ['values that some events have not', '{{ job.id }} {{ job.progress.done }} {{ event.note | upcase }}'],
    ['labels of any name', '{{ event.labels.team }} {{ event.labels["on call"] }}'],
    ['lists', '{% for fact in message.facts %}{{ fact.label }}: {{ fact.value }}{% endfor %}'],
    ['a place in a list, and its size', '{{ message.facts[0].value }} {{ message.facts.size }}'],
    ['times and spans', '{{ job.createdAt | time }} {{ job.createdAt | span: event.occurredAt }}'],
    [
      'variables of its own',
      '{% assign what = event.name %}{% capture it %}{{ what }}{% endcapture %}{{ it }}',
    ],
    ['a condition', "{% if event.severity == 'critical' and job %}now{% else %}later{% endif %}"],
  ])('may hold %s', async (_what, text) => {
    expect(await faultOf(text)).toBeNull();
  });

  it.each([
    ['{{ job.id', 'line 1, column 1: output "{{ job.id" not closed'],
    ['\n\n  {% if job %}', 'line 3, column 3: tag {% if job %} not closed'],
    ['{{ job.id | shout }}', 'line 1, column 1: unknown filter "shout"'],
    ['{{ job.id | upcas }}', 'unknown filter "upcas"; did you mean "upcase"?'],
    ['{% shout %}', 'line 1, column 1: unknown tag "shout"'],
    ['{% asign x = 1 %}', 'unknown tag "asign"; did you mean "assign"?'],
    [
      'one\n{{ job.instnceName }}',
      'line 2, column 4: there is no job.instnceName; did you mean "instanceName"?',
    ],
    ['{{ jobs.id }}', 'line 1, column 4: there is no jobs; did you mean "job"?'],
    ['{{ "noon" | time }}', 'line 1, column 1: time: expected an instant such as event.occurredAt'],
    ['{{ event.occurredAt | time: "CET" }}', 'time: expected "utc", "zone" or nothing after it'],
    ['x'.repeat(20_001), 'it is too long'],
  ])('is refused with the place and the reason: %s', async (text, fault) => {
    expect(await faultOf(text)).toContain(fault);
  });

  it.each([
    ['{{ job.errorMessage | raw }}', 'no filter "raw" here: values are always escaped'],
    ['{{ job.errorMessage | json }}', 'no filter "json" here: values are always escaped'],
    ['{{ job.errorMessage | escape }}', 'values are escaped already'],
    ['{{ "now" | date: "%Y" }}', '"time" shows an instant'],
    ["{% include '/etc/passwd' %}", 'no tag "include" here: a template reads no other one'],
    ["{% render 'package.json' %}", 'a template reads no other one'],
    ["{% layout 'package.json' %}", 'a template reads no other one'],
    ['{{ process.env.ATLAS_PRIVATE_KEY }}', 'there is no process'],
    ['{{ globalThis }}', 'there is no globalThis'],
    ['{{ config.channels }}', 'there is no config'],
    ['{{ channel.url }}', 'there is no channel.url'],
    ['{{ job.constructor }}', 'there is no job.constructor'],
    ['{{ message.facts | where_exp: "x", "x" }}', 'unknown filter "where_exp"'],
  ])('gets at nothing that is not offered: %s', async (text, fault) => {
    expect(await faultOf(text)).toContain(fault);
  });

  it.each([
    ['a long range', '{% for i in (1..99999999) %}x{% endfor %}', 'far too long'],
    [
      'ranges in ranges',
      '{% for i in (1..9999) %}{% for j in (1..9999) %}x{% endfor %}{% endfor %}',
      'far too long',
    ],
    [
      'a text that doubles',
      '{% assign s = "ab" %}{% for i in (1..90) %}{% assign s = s | append: s %}{% endfor %}',
      'far too long',
    ],
    [
      'a text that explodes',
      `{% assign s = "${'a'.repeat(9_000)}" %}{{ s | replace: "a", s }}`,
      'far too long',
    ],
    [
      'much said in a loop',
      `{% for i in (1..200) %}{% for j in (1..200) %}${'x'.repeat(9_000)}{% endfor %}{% endfor %}`,
      'it says more than 50000 characters',
    ],
    ['depth', '{%if job%}'.repeat(1_900), 'Maximum call stack size exceeded'],
  ])('is stopped where it would hold everything up: %s', async (_what, text, fault) => {
    expect(await faultOf(text)).toContain(fault);
  });

  it('is stopped when its time is up', async () => {
    const loops = `${'{% for f in message.facts %}'.repeat(12)}x${'{% endfor %}'.repeat(12)}`;
    expect(await faultOf(loops, 5)).toContain('it takes too long');
  });
});

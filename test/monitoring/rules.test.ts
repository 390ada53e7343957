import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { METRICS, type MetricName } from '../../src/metrics/definitions.ts';
import { faultsOf, metricsIn, takenFromEach } from './promql.ts';

const RULES = 'config/prometheus/rules.yaml';
const TESTS = 'config/prometheus/rules.test.yaml';

/** Where Debian's package prometheus puts it, or wherever `PROMTOOL` says. */
const PROMTOOL = process.env.PROMTOOL ?? 'promtool';
const isInstalled = spawnSync(PROMTOOL, ['--version']).status === 0;
if (!isInstalled)
  console.warn('promtool (package prometheus) is not installed: the unit tests of the rules are skipped');

const text = readFileSync(RULES, 'utf8');
const alerts = text
  .split(/^ +- alert: /m)
  .slice(1)
  .map((block) => {
    const fieldOf = (name: string) => new RegExp(`^ +${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
    const [, name = ''] = /^(\w+)/.exec(block) ?? [];
    return { name, query: fieldOf('expr'), words: fieldOf('summary') + fieldOf('description') };
  });

describe('the alerting rules', () => {
  it.each(alerts)('$name asks for what is there', ({ query }) => {
    expect(faultsOf(query)).toEqual([]);
  });

  it.each(alerts)('$name fires once of what every replica tells', ({ query }) => {
    expect(takenFromEach(query)).toEqual([]);
  });

  it.each(alerts)('$name speaks of labels that its metric has', ({ query, words }) => {
    const labels = metricsIn(query).flatMap(
      (metric): readonly string[] => METRICS[metric as MetricName].labels,
    );
    const spoken = [...words.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label);
    expect(spoken.filter((label) => !labels.includes(label))).toEqual([]);
  });

  it('fire and resolve in the tests beside them, each of them', () => {
    const tests = readFileSync(TESTS, 'utf8');
    for (const { name } of alerts) {
      expect(tests).toMatch(
        new RegExp(`alertname: ${name}\\n +eval_time: \\w+\\n +exp_alerts:\\n +- exp_labels`),
      );
      expect(tests).toMatch(new RegExp(`alertname: ${name}, eval_time: \\w+, exp_alerts: \\[\\]`));
    }
  });

  it.skipIf(!isInstalled)('are found sound by promtool, and do what those tests say', () => {
    for (const args of [
      ['check', 'rules', RULES],
      ['test', 'rules', TESTS],
    ]) {
      // biome-ignore format: two calls
      const { status, stdout, stderr } = spawnSync(PROMTOOL, args, { encoding: 'utf8' });
      expect(`${status}\n${stdout}${stderr}`).toMatch(/^0\n/);
    }
  });
});

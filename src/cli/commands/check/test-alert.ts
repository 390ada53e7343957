import { cadenceText } from '../../../config/cadence.ts';
import type { WatcherConfig } from '../../../config/config.ts';
import { type TestAlertReach, testAlertReach } from '../../../domain/explain/test-alert-reach.ts';
import type { Cli } from '../../command.ts';
import { fold, printable } from '../../view/text.ts';
import { conditionText } from '../../view/why-text.ts';

/** The test alert with whom it reaches, as scripts see it; `null`: none is configured. */
export function testAlertView(config: WatcherConfig): Record<string, unknown> | null {
  const reach = reachOf(config);
  return reach && { ...config.testAlert, ...reach };
}

/** Says whom the test alert reaches; of every other channel that routes lead to, route by route, why it does not. */
export function printTestAlert({ out }: Cli, config: WatcherConfig): void {
  const { testAlert } = config;
  const reach = reachOf(config);
  if (testAlert === null || reach === null) return;
  const { event, watch, schedule } = testAlert;
  const cadence = cadenceText(schedule);
  const target = reach.target === null ? '' : ` to ${reach.target}`;
  const when = cadence === '' ? schedule : `${schedule} (${cadence})`;
  const reached = reach.reached.length === 0 ? 'nobody' : reach.reached.join(', ');
  out.line(`\n${out.paint('bold', 'Test alert')}`);
  const lines = [
    `${event} of ${watch}${target}, ${when}: reaches ${reached}`,
    ...reach.notReached.map(
      ({ channel, routes }) =>
        `does not reach ${channel}: ${routes.map(({ route, conditions }) => `routes[${route}]: ${conditions.map(conditionText).join(', ')}`).join('; ')}`,
    ),
  ];
  for (const line of lines) {
    fold(printable(line), out.foldWidth - 4).forEach((part, index) => {
      out.line(`  ${index === 0 ? '' : '  '}${part}`);
    });
  }
}

function reachOf({ testAlert, watches, routes }: WatcherConfig): TestAlertReach | null {
  const watch = watches.find(({ name }) => name === testAlert?.watch);
  if (testAlert === null || watch === undefined) return null;
  return testAlertReach(testAlert, { watch, routes, projectUrl: null, now: 0 });
}

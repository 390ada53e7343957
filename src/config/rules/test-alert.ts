import { listed, suggestion } from '../../closest.ts';
import type { Route } from '../../domain/telling/routing.ts';
import { planTestAlert } from '../../domain/telling/test-alert.ts';
import { cronFault } from '../cron.ts';
import { entriesOf, namesIn, type Rule, type RuleContext } from './rule.ts';

/** The schedule of the test alert is a cron expression that means what it looks like. */
export const testAlertScheduleIsCron: Rule = ({ config, fault, found }) => {
  const schedule = config.testAlert?.schedule;
  const problem = schedule === undefined ? null : cronFault(schedule);
  if (problem === null) return;
  const path = ['testAlert', 'schedule'];
  fault(
    path,
    `expected a cron expression of six fields (seconds first) or five, found ${found(path)}: ${problem}`,
  );
};

/** The test alert speaks of a watch that exists. */
export const testAlertNamesWatch: Rule = (context) => {
  const { names, isComplete } = namesIn(context, 'watches');
  const watch = context.config.testAlert?.watch;
  if (watch === undefined || !isComplete || names.includes(watch)) return;
  const path = ['testAlert', 'watch'];
  context.fault(
    path,
    `expected the name of a watch (${listed(names)}), found ${context.found(path)}${suggestion(watch, names)}`,
  );
};

/** Asked of the planner itself, so that the warning says what will be. */
export const testAlertReachesSomebody: Rule = ({ config, warn }) => {
  const { testAlert } = config;
  if (testAlert === undefined) return;
  const watches = entriesOf(config.watches).map(([, watch]) => watch);
  const watch = watches.find(({ name }) => testAlert.watch === undefined || name === testAlert.watch);
  if (watch?.name === undefined || watch.kind === undefined) return;
  const event = testAlert.event ?? 'failed';
  const { plannedEvent } = planTestAlert(
    { event, target: testAlert.target ?? null },
    {
      watch: {
        name: watch.name,
        kind: watch.kind,
        groupId: watch.groupId ?? '*',
        instanceName: watch.instanceName ?? '*',
        labels: textsOf(watch.labels),
      },
      routes: routesOf(config),
      projectUrl: null,
      now: 0,
    },
  );
  if (plannedEvent.channels.length > 0) return;
  warn(
    ['testAlert'],
    `no route takes "${event}" of watch ${JSON.stringify(watch.name)}, so it reaches nobody`,
  );
};

function routesOf({ routes }: RuleContext['config']): Route[] {
  return entriesOf(routes).map(([, route]) => ({
    events: soundOf(route.events),
    channels: soundOf(route.channels),
    watches: route.watches === undefined ? null : soundOf(route.watches),
    labels: route.labels === undefined ? null : textsOf(route.labels),
    severities: route.severities === undefined ? null : soundOf(route.severities),
    targetClusterNames: route.targetClusterNames === undefined ? null : soundOf(route.targetClusterNames),
    kinds: route.kinds === undefined ? null : soundOf(route.kinds),
    deliveryTypes: route.deliveryTypes === undefined ? null : soundOf(route.deliveryTypes),
    instanceNames: route.instanceNames === undefined ? null : soundOf(route.instanceNames),
    crossProject: route.crossProject ?? null,
    remindEveryMs: null,
  }));
}

function soundOf<Item>(list: ReadonlyArray<Item | undefined> | undefined): Item[] {
  return entriesOf(list).map(([, item]) => item);
}

function textsOf(texts: Readonly<Record<string, string | undefined>> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts).flatMap(([key, text]) => (text === undefined ? [] : [[key, text]])),
  );
}

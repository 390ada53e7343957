import { listed, suggestion } from '../../closest.ts';
import type { Route } from '../../domain/telling/routing.ts';
import { planDrill } from '../../domain/telling/test-alert.ts';
import { cronFault } from '../cron.ts';
import { entriesOf, namesIn, type Rule, type RuleContext } from './rule.ts';

export const drillScheduleIsCron: Rule = ({ config, fault, found }) => {
  const schedule = config.drill?.schedule;
  const problem = schedule === undefined ? null : cronFault(schedule);
  if (problem === null) return;
  const path = ['drill', 'schedule'];
  fault(
    path,
    `expected a cron expression of six fields (seconds first) or five, found ${found(path)}: ${problem}`,
  );
};

export const drillNamesWatch: Rule = (context) => {
  const { names, isComplete } = namesIn(context, 'watches');
  const watch = context.config.drill?.watch;
  if (watch === undefined || !isComplete || names.includes(watch)) return;
  const path = ['drill', 'watch'];
  context.fault(
    path,
    `expected the name of a watch (${listed(names)}), found ${context.found(path)}${suggestion(watch, names)}`,
  );
};

/** Asked of the planner itself, so that the warning says what will be. */
export const drillReachesSomebody: Rule = ({ config, warn }) => {
  const { drill } = config;
  if (drill === undefined) return;
  const watches = entriesOf(config.watches).map(([, watch]) => watch);
  const watch = watches.find(({ name }) => drill.watch === undefined || name === drill.watch);
  if (watch?.name === undefined || watch.kind === undefined) return;
  const event = drill.event ?? 'failed';
  const { plannedEvent } = planDrill(
    { event },
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
  warn(['drill'], `no route takes "${event}" of watch ${JSON.stringify(watch.name)}, so it reaches nobody`);
};

function routesOf({ routes }: RuleContext['config']): Route[] {
  return entriesOf(routes).map(([, route]) => ({
    events: soundOf(route.events),
    channels: soundOf(route.channels),
    watches: route.watches === undefined ? null : soundOf(route.watches),
    labels: route.labels === undefined ? null : textsOf(route.labels),
    severities: route.severities === undefined ? null : soundOf(route.severities),
    targetClusterNames: route.targetClusterNames === undefined ? null : soundOf(route.targetClusterNames),
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

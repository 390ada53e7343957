import { jobOf } from '../event/subject.ts';
import type { Route } from '../telling/routing.ts';
import { planTestAlert, type TestAlert, type TestAlertContext } from '../telling/test-alert.ts';
import { type UnmetCondition, unmetConditions } from './unmet.ts';

/** A channel that routes lead to, and that the test alert does not reach: for each of these routes, why. */
export interface NotReached {
  channel: string;
  routes: Array<{ route: number; conditions: UnmetCondition[] }>;
}

/** Whom the test alert reaches, and with which target it goes there. */
export interface TestAlertReach {
  /** `null`: its event speaks of no target. */
  target: string | null;
  reached: string[];
  notReached: NotReached[];
}

/** Says how far a test alert gets by these routes. A channel that no route leads to is none of its matter. */
export function testAlertReach(testAlert: TestAlert, context: TestAlertContext): TestAlertReach {
  const { event, channels: reached } = planTestAlert(testAlert, context).plannedEvent;
  const routed = new Set(context.routes.flatMap(({ channels }) => channels));
  const isNamedBy = (channel: string) => (route: Route) => route.channels.includes(channel);
  const notReached = [...routed]
    .filter((channel) => !reached.includes(channel))
    .map((channel) => ({
      channel,
      routes: context.routes.flatMap((route, index) =>
        isNamedBy(channel)(route) ? [{ route: index, conditions: unmetConditions(route, event) }] : [],
      ),
    }));
  return { target: jobOf(event)?.targetClusterName ?? null, reached: [...reached], notReached };
}

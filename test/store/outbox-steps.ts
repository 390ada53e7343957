import type { ClaimRequest, Delivery, DeliveryOutcome } from '../../src/store/ports/outbox.ts';
import type { Store } from '../../src/store/store.ts';
import { T0 } from '../support/builders.ts';
import { aCommit, plan } from './support.ts';

export const NOW = T0 + 1_000;
export const LEASE_MS = 15_000;

/** The steps that outbox tests are made of, on the store of the test. */
export function outboxSteps(current: () => Store) {
  const claim = (over: Partial<ClaimRequest> = {}) =>
    current().claimDeliveries({
      channel: 'oncall',
      owner: 'a',
      now: NOW,
      leaseMs: LEASE_MS,
      limit: 10,
      perKey: 'head',
      ...over,
    });
  const record = (outcome: DeliveryOutcome, owner?: string) => current().recordOutcomes([outcome], [], owner);
  const owe = (...events: ReturnType<typeof plan>[]) => current().commitPoll(aCommit({ events }));
  const idOf = (number: number, channel = 'oncall') => `${plan(number).event.id}:${channel}`;
  const ids = (deliveries: readonly Delivery[]) => deliveries.map(({ id }) => id);
  const delivered = (number: number, over: object = {}): DeliveryOutcome => ({
    id: idOf(number),
    kind: 'delivered',
    at: NOW + 5,
    detail: '200 ok',
    ...over,
  });
  const retry = (number: number, nextAttemptAt: number): DeliveryOutcome => ({
    id: idOf(number),
    kind: 'retry',
    at: NOW + 5,
    nextAttemptAt,
    detail: '503',
  });
  const givenUp = (number: number): DeliveryOutcome => ({
    id: idOf(number),
    kind: 'given_up',
    at: NOW + 5,
    detail: '404',
  });
  const released = (number: number): DeliveryOutcome => ({ id: idOf(number), kind: 'released', at: NOW + 5 });
  async function stored(number: number): Promise<Delivery> {
    const { items } = await current().listDeliveries({ limit: 99 });
    const found = items.find(({ id }) => id === idOf(number));
    if (!found) throw new Error(`no delivery ${number}`);
    const { event: _event, quietUntil: _quiet, behindUntil: _behind, ...delivery } = found;
    return delivery;
  }

  return { claim, record, owe, idOf, ids, delivered, retry, givenUp, released, stored };
}

import { redactTexts } from '../domain/redact-texts.ts';
import type { Store } from './store.ts';

/**
 * The same store, with secrets taken out of every text that people read before it is written: events, what receivers said, audit
 * entries, reasons of mutes. What an earlier version wrote is cleaned when it is read, but for the audit log, whose entries are hashed.
 *
 * Observations pass as they are: they are compared with the next reading, and the source has cleaned them.
 */
export function redactingStore(store: Store, redact: (text: string) => string): Store {
  const clean = <Value>(value: Value): Value => redactTexts(value, redact);
  return {
    ...store,
    under: (lease) => redactingStore(store.under(lease), redact),
    commitPoll: (commit) =>
      store.commitPoll({ ...commit, events: clean(commit.events), audit: clean(commit.audit) }),
    commitAlerts: (commit) => store.commitAlerts(clean(commit)),
    remind: (look, decide) => store.remind(look, (found) => clean(decide(found))),
    recordOutcomes: (outcomes, audit, ...how) => store.recordOutcomes(clean(outcomes), clean(audit), ...how),
    noteFeedTrust: (all, audit) => store.noteFeedTrust(clean(all), clean(audit)),
    recordAudit: (drafts) => store.recordAudit(clean(drafts)),
    addMute: (request) => store.addMute(clean(request)),
    attest: (request) => store.attest(clean(request)),
    removeMute: (id, at, by) => store.removeMute(id, at, redact(by)),
    claimDeliveries: async (request) => clean(await store.claimDeliveries(request)),
    listEvents: async (filter) => clean(await store.listEvents(filter)),
    eventsAfter: async (place, limit) => clean(await store.eventsAfter(place, limit)),
    listDeliveries: async (filter) => clean(await store.listDeliveries(filter)),
  };
}

import { afterEach, beforeEach, describe } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { alertsContract } from './ports/alerts-contract.ts';
import { attestationsContract } from './ports/attestations-contract.ts';
import { auditContract } from './ports/audit-contract.ts';
import { coverageContract } from './ports/coverage-contract.ts';
import { drillsContract } from './ports/drills-contract.ts';
import { feedsContract } from './ports/feeds-contract.ts';
import { jobsContract } from './ports/jobs-contract.ts';
import { keepingContract } from './ports/keeping-contract.ts';
import { lifeContract } from './ports/life-contract.ts';
import { mutesContract } from './ports/mutes-contract.ts';
import { outboxContract } from './ports/outbox-contract.ts';
import { recordsContract } from './ports/records-contract.ts';
import { spansContract } from './ports/spans-contract.ts';
import { verifiedContract } from './ports/verified-contract.ts';

/** What every store does, port by port, whatever it is made of. `makeStore` gives a new, empty one. */
export function storeContract(name: string, makeStore: () => Promise<Store>): void {
  describe(`the store contract, ${name}`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await makeStore();
    });
    afterEach(() => store.close());

    jobsContract(() => store);
    outboxContract(() => store);
    alertsContract(() => store);
    auditContract(() => store);
    recordsContract(() => store);
    mutesContract(() => store);
    attestationsContract(() => store);
    verifiedContract(() => store);
    drillsContract(() => store);
    spansContract(() => store);
    keepingContract(() => store);
    feedsContract(() => store);
    coverageContract(() => store);
    lifeContract(() => store);
  });
}

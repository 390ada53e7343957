import { describe } from 'vitest';
import { openPostgresStore } from '../../../src/store/postgres/postgres-store.ts';
import { hasPostgres, newPostgresAddress } from '../../support/postgres/shared.ts';
import { PATIENT } from '../../support/test-store.ts';
import { storeContract } from '../store-contract.ts';

describe.skipIf(!hasPostgres())('with a PostgreSQL', () => {
  storeContract('PostgreSQL', async () =>
    openPostgresStore({ ...(await newPostgresAddress()), limits: PATIENT }),
  );
});

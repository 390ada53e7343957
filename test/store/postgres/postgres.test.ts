import { describe } from 'vitest';
import { openPostgresStore } from '../../../src/store/postgres/postgres-store.ts';
import { hasPostgres, newPostgresAddress } from '../../support/postgres/shared.ts';
import { storeContract } from '../store-contract.ts';

describe.skipIf(!hasPostgres())('with a PostgreSQL', () => {
  storeContract('PostgreSQL', async () => openPostgresStore(await newPostgresAddress()));
});

import pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { openPostgresStore } from '../../../src/store/postgres/postgres-store.ts';
import { hasPostgres, newPostgresSchema } from '../../support/postgres/shared.ts';
import { PATIENT } from '../../support/test-store.ts';

it.skipIf(!hasPostgres())(
  'mirrors are forgotten that have not grown for a month, and no others',
  async () => {
    const address = await newPostgresSchema();
    const open = async (mirror: string) => {
      const store = await openPostgresStore({ ...address, mirror, limits: PATIENT });
      onTestFinished(() => store.close());
      return store;
    };
    const [gone, young, own] = [await open('/gone'), await open('/young'), await open('/own')];
    await gone.noteMirrored(3);
    await young.noteMirrored(4);
    const client = new pg.Client({ connectionString: address.url });
    await client.connect();
    onTestFinished(() => client.end());
    const age = (file: string, days: number) =>
      client.query(
        `update ${address.schema}.audit_mirror set noted_at = noted_at - $1::bigint where place like $2`,
        [days * 86_400_000, `%:${file}`],
      );
    await age('/gone', 31);
    await age('/young', 29);
    await own.noteMirrored(5);
    await own.noteMirrored(6);
    expect([await gone.mirroredSeq(), await young.mirroredSeq(), await own.mirroredSeq()]).toEqual([0, 4, 6]);
  },
);

import { openReplicaStores } from '../../support/replica-stores.ts';
import { leasesContract } from '../ports/leases-contract.ts';

leasesContract(async () => openReplicaStores());

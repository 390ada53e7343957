import { openReplicaStores } from '../../support/replica-stores.ts';
import { bookingContract } from '../ports/booking-contract.ts';
import { estatesContract } from '../ports/estates-contract.ts';
import { leasesContract } from '../ports/leases-contract.ts';
import { tokensContract } from '../ports/tokens-contract.ts';

estatesContract(async () => openReplicaStores());
leasesContract(async () => openReplicaStores());
bookingContract(async () => openReplicaStores());
tokensContract(async () => openReplicaStores());

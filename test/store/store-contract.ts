import { describe } from 'vitest';

import { batchContract } from './contract/batches.ts';
import { decisionContract } from './contract/decisions.ts';
import { historyContract } from './contract/histories.ts';
import { identityContract } from './contract/identities.ts';
import { leaseContract } from './contract/leases.ts';
import { listingContract } from './contract/listings.ts';
import type { MakePlace } from './contract/place.ts';
import { rollContract } from './contract/rolls.ts';
import { statusContract } from './contract/status.ts';
import { vectorContract } from './contract/vectors.ts';

/** What every `Store` does, whatever keeps it. */
export const storeContract = (makePlace: MakePlace): void => {
  describe.each(CONTRACTS)('$name', ({ contract }) => {
    contract(makePlace);
  });
};

const CONTRACTS = [
  { name: 'batches', contract: batchContract },
  { name: 'leases', contract: leaseContract },
  { name: 'listings', contract: listingContract },
  { name: 'history', contract: historyContract },
  { name: 'identities', contract: identityContract },
  { name: 'decisions', contract: decisionContract },
  { name: 'the roll', contract: rollContract },
  { name: 'vectors', contract: vectorContract },
  { name: 'status', contract: statusContract },
];

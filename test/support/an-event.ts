import type { AuditEvent } from '../../src/core/audit.ts';
import type { LedgerKeys } from '../../src/store/ledger.ts';

/** One look of Ada's, through a terminal. */
export const anEvent = (given: Partial<AuditEvent> = {}): AuditEvent => ({
  at: 1_767_323_045_000,
  request: 'r-1',
  who: 'local|ada@acme.test',
  client: 'cli',
  tool: 'search',
  arguments: { query: 'plan' },
  documents: [{ id: 'wiki:plan', content: 'ab'.repeat(32), acl: 7 }],
  basis: { version: 12, epoch: 3, databaseId: 'd-1' },
  outcome: 'answered',
  ...given,
});

/** Keys of a ledger, made of one byte. */
export const ledgerKeys = (byte = 1): LedgerKeys => ({
  arguments: new Uint8Array(32).fill(byte),
  reader: new Uint8Array(32).fill(byte),
  anchor: [new Uint8Array(32).fill(byte)],
});

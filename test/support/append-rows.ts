import { randomBytes } from 'node:crypto';

import { openLedger } from '../../src/store/sqlite/ledger/ledger.ts';
import { anEvent, ledgerKeys } from './an-event.ts';

/** A process of its own that appends rows one by one: append-rows.ts <ledger> <client> <rows>. */
const [, , path = '', client = '', rows = '0'] = process.argv;
const ledger = openLedger({ path, keys: ledgerKeys(), random: randomBytes });
for (let row = 0; row < Number(rows); row++) await ledger.append([anEvent({ client })]);
await ledger.close();

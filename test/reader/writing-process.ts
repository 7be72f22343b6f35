import { openStore } from '../../src/store/sqlite/index-store.ts';
import type { Write } from '../../src/store/store.ts';

/** Another process that writes what it is told, and says when it is committed. */
const [path = ''] = process.argv.slice(2);
const store = await openStore({ path, now: () => 0 });
const writer = await store.open('people', 'test', 0);
process.on('message', async (writes: Write[]) => {
  await writer.write(writes);
  process.send?.('committed');
});
process.send?.('ready');

import { mkdir, rename, rmdir } from 'node:fs/promises';

import { expect, onTestFinished, test } from 'vitest';

import { openStatusThread } from '../../../src/store/sqlite/status-thread.ts';
import { anIndex } from '../../support/an-index.ts';

test('an index that could not be opened for a while is counted afterwards', async () => {
  const index = await anIndex();
  const { path } = index;
  await index.sync('wiki', []);
  const counting = openStatusThread({ path });
  onTestFinished(() => counting.close());
  await rename(path, `${path}-away`);
  await mkdir(path);
  await expect(counting.status(['wiki'])).rejects.toMatchObject({ code: 'unavailable' });
  await rmdir(path);
  await rename(`${path}-away`, path);
  expect(await counting.status(['wiki', 'unread'])).toMatchObject([{ name: 'wiki', documents: 0 }]);
});

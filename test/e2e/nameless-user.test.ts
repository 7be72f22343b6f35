import { chmod, chown } from 'node:fs/promises';

import { afterEach, expect, test } from 'vitest';

import { accountLine, type APlace, aPlace, whole } from '../support/a-place.ts';

/** A user no system lists, as containers are given one. */
const NAMELESS = 54_321;

let place: APlace | undefined;
afterEach(() => place?.remove());

test.runIf(process.getuid?.() === 0)('a user without a name asks, and is audited by number', async () => {
  place = await aPlace(whole([accountLine('ada')]));
  await chmod(place.folder, 0o755);
  await chown(place.folder, NAMELESS, NAMELESS);
  const nameless = { uid: NAMELESS };
  expect(await place.run(['sync'], nameless)).toMatchObject({ code: 0 });

  const asked = await place.run(['search', 'spring', '--as', 'ada@acme.test', '--json'], nameless);

  expect(asked).toMatchObject({ code: 0 });
  const { stdout } = await place.run(['audit', 'list', '--json'], nameless);
  expect(JSON.parse(stdout)).toMatchObject({ rows: [{ actor: `os:${NAMELESS}`, who: 'local|ada@acme.test' }] });
});

import { expect, test } from 'vitest';

import { refuseEveryHost } from '../../src/sources/fetch.ts';

test.each([
  ['a text', 'https://user:secret@wiki.acme.test/a?token=x'],
  ['a URL', new URL('https://user:secret@wiki.acme.test/a?token=x')],
  ['a request', new Request('https://wiki.acme.test/a?token=x')],
])('every host is refused, by its name alone, when it is asked as %s', async (_, input) => {
  await expect(refuseEveryHost(input)).rejects.toMatchObject({ code: 'config' });
  await expect(refuseEveryHost(input)).rejects.toThrow(/^A connector asked for wiki\.acme\.test, and/u);
});

test('what is no address is refused too', async () => {
  await expect(refuseEveryHost('')).rejects.toMatchObject({ code: 'config' });
});

import { describe, expect, test } from 'vitest';

import { path } from '../../src/core/path.ts';

describe('a path', () => {
  test('is its text, with each value as one segment', () => {
    expect(path`/repos/${'acme'}/${'app'}/issues/${12}`).toBe('/repos/acme/app/issues/12');
    expect(path`/pages`).toBe('/pages');
    expect(path`/${'a'}`).toBe('/a');
  });

  test.each([
    ['a/b', 'a%2Fb'],
    ['../admin', '..%2Fadmin'],
    ['a?b=c', 'a%3Fb%3Dc'],
    ['a#b', 'a%23b'],
    ['a\\b', 'a%5Cb'],
    ['%2e%2e', '%252e%252e'],
    ['ä b', '%C3%A4%20b'],
    ['...', '...'],
    ['\r\nHost: x', '%0D%0AHost%3A%20x'],
  ])('does not leave its place for %j', (value, segment) => {
    const built = path`/pages/${value}/text`;
    expect(built).toBe(`/pages/${segment}/text`);
    const { pathname, search, hash, host } = new URL(built, 'https://wiki.acme.test');
    expect({ segments: pathname.split('/').length, search, hash, host }).toEqual({
      segments: 4,
      search: '',
      hash: '',
      host: 'wiki.acme.test',
    });
  });

  test.each(['', '.', '..'])('cannot hold %j, which an address would resolve away', (value) => {
    expect(() => path`/pages/${value}`).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  });

  test('holds half a character as what stands for none', () => {
    expect(path`/pages/${'a\ud800'}`).toBe('/pages/a%EF%BF%BD');
  });
});

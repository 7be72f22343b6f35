import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';

import { describe, expect, test, vi } from 'vitest';

import { judgedPack } from '../../connectors/github/pack.ts';
import { aCompany } from '../support/a-github-company.ts';
import { HAS_GIT } from '../support/a-github-wiki.ts';

vi.setConfig({ testTimeout: 60_000 }); // git is started many times

const IN_SECRET = ['ada', 'cyd', 'dan', 'gus'];

describe.skipIf(!HAS_GIT)('whoever may write to a wiki', () => {
  test('puts no page so deep that its path fills the memory: it is told, and the others are read', async () => {
    const { server, source, secret, whoSees } = await aCompany();
    const deep = Object.fromEntries(
      [3, 900, 901].map((folders) => [`${'long-name/'.repeat(folders)}Page-${folders}.md`, 'deep']),
    );
    await server.wiki(secret, { 'Home.md': '# Spring', ...deep });
    const end = await source.sync();
    expect(end.problems).toMatchObject([{ key: `wiki:${secret}`, message: expect.stringMatching(/too deep/u) }]);
    expect(await whoSees(`page:${secret}/Home.md`)).toEqual(IN_SECRET);
    expect(await whoSees(`page:${secret}/${'long-name/'.repeat(3)}Page-3.md`)).toEqual(IN_SECRET);
  });

  test.each([99_999_999_999_999n, 8_640_000_000_001n])('keeps none of it from being read by a commit of %s', async (at) => {
    const { server, source, secret, whoSees } = await aCompany();
    await server.wiki(secret, { 'Home.md': '# Spring' }, at);
    expect(await source.sync()).toMatchObject({ status: 'complete', problems: [] });
    expect(await whoSees(`page:${secret}/Home.md`)).toEqual(IN_SECRET);
  });

  test('hides no other page behind a name that git keeps and no key does', async () => {
    const { server, source, secret, whoSees } = await aCompany();
    const odd = {
      'home.md': 'twin',
      'a\u202egpj.md': 'bidi',
      '…/Up.md': 'dots',
      'Tab\there.md': 'tab',
      'C:\\x.md': 'back',
      '.. /y.md': 'up',
      '.git~1/z.md': 'short',
    };
    await server.wiki(secret, { 'Home.md': '# Spring', ...odd });
    const end = await source.sync();
    expect(end.problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/holds what no name should/u),
      expect.stringMatching(/characters that nobody sees/u),
    ]);
    for (const path of ['Home.md', 'home.md', '…/Up.md', 'C:\\x.md', '.. /y.md', '.git~1/z.md'])
      expect(await whoSees(`page:${secret}/${path}`)).toEqual(IN_SECRET);
  });
});

test('a pack of more objects than are read is told by its first bytes, before any of them is unpacked', () => {
  const object = Buffer.concat([Buffer.from([0x30]), deflateSync(Buffer.alloc(0))]);
  const packOf = (objects: number, said: number): Buffer => {
    const head = Buffer.from('PACK\0\0\0\u0002\0\0\0\0');
    head.writeUInt32BE(said, 8);
    const body = Buffer.concat([head, ...Array.from({ length: objects }, () => object)]);
    return Buffer.concat([body, createHash('sha1').update(body).digest()]);
  };
  const most = { bytes: 1_000, objects: 10 };
  expect(judgedPack(packOf(10, 10), most)).toBe('whole');
  expect(judgedPack(packOf(11, 11), most)).toBe('too many');
  expect(judgedPack(packOf(0, 0xff_ff_ff_ff), most)).toBe('too many');
});

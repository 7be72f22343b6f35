import { array, assert, constantFrom, pre, property } from 'fast-check';
import { spawnSync } from 'node:child_process';
import type { LookupAddress } from 'node:dns';

import { expect, test } from 'vitest';

import { isPublic, literalOf, publicOnly, type Resolve } from '../../src/sources/address.ts';
import { declaredCalls } from '../../src/sources/declared.ts';

test.each(['93.184.216.34', '8.8.8.8', '2606:2800:220:1:248:1893:25c8:1946'])('%s is public', (address) => {
  expect(isPublic(address)).toBe(true);
});

const CLOSED = `
  0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 192.168.1.1 192.0.0.1 198.18.0.1 224.0.0.1
  240.0.0.1 255.255.255.255 :: ::1 ::ffff:10.0.0.1 ::ffff:127.0.0.1 fc00::1 fe80::1 ff02::1 64:ff9b::7f00:1 2002:7f00:1:: 2001::1
  localhost 1.2.3 x ::7f00:1 168.63.129.16 100.100.100.200 192.0.0.192 192.0.2.1 198.51.100.1 203.0.113.1 192.88.99.1
  ::ffff:8.8.8.8 ::ffff:0:10.0.0.1 64:ff9b::8.8.8.8 64:ff9b:1::a00:1 2002:a00:1:: 2001:0:808:808:: fd00:ec2::254 fec0::1 febf::1
  fe80::1%eth0 2606:4700::1111%eth0 2001:db8::1 3fff::1 100::1 200::1 4000::1 5f00::1 a000::1 ff0e::1 0:0:1::1`;

test.each([''].concat(CLOSED.trim().split(/\s+/u)))('%s is not', (address) => {
  expect(isPublic(address)).toBe(false);
});

test.each([
  ['https://0x7f.1', '127.0.0.1'],
  ['https://0177.0.0.1', '127.0.0.1'],
  ['https://127.1', '127.0.0.1'],
  ['https://2130706433', '127.0.0.1'],
  ['https://0xa9fea9fe:8443', '169.254.169.254'],
  ['https://127.0.0.1.', '127.0.0.1'],
  ['https://①②⑦.0.0.1', '127.0.0.1'],
  ['https://127。0。0。1', '127.0.0.1'],
  ['https://[::ffff:10.0.0.1]', '::ffff:a00:1'],
  ['https://[0:0::1]:8443', '::1'],
])('%s is a literal address, and not a public one', (address, written) => {
  const literal = literalOf(new URL(address).hostname);
  expect(literal).toBe(written);
  expect(isPublic(literal ?? '')).toBe(false);
});

test('where only one address is wanted, all of the name are looked at', () => {
  const found: LookupAddress[] = [
    { address: '93.184.216.34', family: 4 },
    { address: 'fd00::1', family: 6 },
  ];
  const asked: unknown[] = [];
  const resolve: Resolve = (_, options, callback) => {
    asked.push(options);
    callback(null, found);
  };
  const lookup = publicOnly(resolve);
  const told: unknown[] = [];
  lookup('wiki.acme.test', { family: 4 }, (...said) => void told.push(said));
  found.pop();
  lookup('wiki.acme.test', {}, (...said) => void told.push(said));
  expect(asked).toEqual([{ family: 4, all: true }, { all: true }]);
  expect(told).toEqual([
    [expect.objectContaining({ code: 'source_rejected' }), []],
    [null, '93.184.216.34', 4],
  ]);
});

test('however a path is written, what matches a pattern has its segments', () => {
  const find = declaredCalls([{ name: 'issues', access: 'read', calls: ['GET /repos/*/*/issues'] }]);
  const pieces = constantFrom(
    'repos',
    'a',
    'issues',
    '..',
    '.',
    '%2e',
    '%2F',
    '%5c',
    '\\',
    '',
    ';x',
    '?',
    '#',
    '%00',
    '%',
    '%C3%A9',
  );
  assert(
    property(array(pieces, { minLength: 1, maxLength: 7 }), (steps) => {
      const url = URL.parse(`https://api.test/${steps.join('/')}`);
      pre(url !== null);
      const found = find('GET', url?.pathname ?? '');
      if (!found) return;
      const [empty, repos, owner, repo, issues, ...rest] = (url?.pathname ?? '').split('/').map(decodeURIComponent);
      expect([empty, repos, issues, rest]).toEqual(['', 'repos', 'issues', []]);
      for (const name of [owner, repo]) expect(name).not.toMatch(/^\.{0,2}$|[/\\\0]/u);
    }),
    { numRuns: 3000 },
  );
});

test('what goes out loads under plain Node too, which knows fewer names of packages than a test does', () => {
  const load = `await import(${JSON.stringify(new URL('../../src/sources/outgoing.ts', import.meta.url))})`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', load], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
});

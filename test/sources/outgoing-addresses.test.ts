import { spawn } from 'node:child_process';
import type { LookupAddress } from 'node:dns';
import { text } from 'node:stream/consumers';

import { describe, expect, test } from 'vitest';

import { aPeer } from '../support/a-peer.ts';
import { aWayOut } from '../support/a-way-out.ts';

/** A process of its own that asks for the pages below the address it is given. */
const ASKING = `
  const { openOutgoing } = await import(${JSON.stringify(new URL('../../src/sources/outgoing.ts', import.meta.url))});
  const url = process.argv[1];
  const parts = { now: Date.now, sleep: async () => undefined, random: () => 0, resolve: () => undefined };
  const errand = { name: 'wiki', hosts: [new URL(url).host], writes: false, privateNetwork: true, tries: 1, patience: { silence: 9_000, whole: 9_000 } };
  const outgoing = openOutgoing(parts);
  process.stdout.write(await (await outgoing.fetchFor(errand)(url + '/pages')).text());
  await outgoing.close();`;

describe('private addresses', () => {
  test.each([
    'http://127.0.0.1',
    'https://10.0.0.1',
    'https://169.254.169.254',
    'https://[::1]',
    'https://[::ffff:10.0.0.1]',
    'https://[fd00::1]',
    'https://[64:ff9b::a00:1]',
    'https://100.64.0.1',
    'https://0.0.0.0',
    'https://2130706433',
  ])('%s is refused', async (origin) => {
    const { fetch } = aWayOut({ hosts: [new URL(origin).host], privateNetwork: false });
    await expect(fetch(`${origin}/pages`)).rejects.toMatchObject({
      code: origin.startsWith('http:') ? 'config' : 'source_rejected',
    });
  });

  test('a name is refused by the address that would be connected to, at the moment it is', async () => {
    const looked: string[] = [];
    const { fetch } = aWayOut(
      { hosts: ['wiki.acme.test'], privateNetwork: false },
      {
        resolve: (hostname, _, callback) => {
          looked.push(hostname);
          callback(null, [
            { address: '93.184.216.34', family: 4 },
            { address: '127.0.0.1', family: 4 },
          ]);
        },
      },
    );
    await expect(fetch('https://wiki.acme.test/pages')).rejects.toMatchObject({ code: 'source_rejected' });
    expect(looked).toEqual(['wiki.acme.test']);
  });

  test('a name that led to a public address first is looked at again, and refused when it leads to a private one', async () => {
    const peer = await aPeer((_, response) => void response.end('inside'));
    const { port } = new URL(peer.url);
    let looked = 0;
    // The first is public and no address that can be connected to, so that the call is made again and nothing leaves this machine.
    const answers: LookupAddress[] = [
      { address: '93.184.216.34', family: 0 },
      { address: '127.0.0.1', family: 4 },
    ];
    const { fetch } = aWayOut(
      { hosts: [`wiki.acme.test:${port}`], privateNetwork: false },
      { resolve: (_, __, callback) => callback(null, answers.slice(looked, (looked += 1))) },
    );
    await expect(fetch(`https://wiki.acme.test:${port}/pages`)).rejects.toMatchObject({
      code: 'source_rejected',
      message: expect.stringContaining('wiki.acme.test is an address of this machine'),
    });
    expect([looked, peer.arrived]).toEqual([2, []]);
  });

  test.each(['::ffff:127.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::', 'fe80::1%lo', 'fd00::1', '::', '0.0.0.0'])(
    'a name that leads to %s is refused',
    async (address) => {
      const { fetch } = aWayOut(
        { hosts: ['wiki.acme.test'], privateNetwork: false },
        { resolve: (_, __, callback) => callback(null, [{ address, family: address.includes(':') ? 6 : 4 }]) },
      );
      await expect(fetch('https://wiki.acme.test/pages')).rejects.toMatchObject({ code: 'source_rejected' });
    },
  );

  test.each([
    ['with a dot at its end', 'https://wiki.acme.test./pages'],
    ['with a letter of another alphabet', 'https://w\u0456ki.acme.test/pages'],
    ['at another port', 'https://wiki.acme.test:8443/pages'],
    ['before an @', 'https://wiki.acme.test@evil.test/pages'],
    ['before another', 'https://wiki.acme.test.evil.test/pages'],
  ])('the name of a source %s is not its host', async (_, address) => {
    const looked: string[] = [];
    const { fetch } = aWayOut(
      { hosts: ['wiki.acme.test'], privateNetwork: false },
      { resolve: (hostname, __, callback) => (looked.push(hostname), callback(null, [])) },
    );
    await expect(fetch(address)).rejects.toMatchObject({ code: 'config' });
    expect(looked).toEqual([]);
  });

  test('the name of a source in capitals, or with the port of https, is its host', async () => {
    const looked: string[] = [];
    const { fetch } = aWayOut(
      { hosts: ['Wiki.acme.test'], privateNetwork: false, tries: 1 },
      { resolve: (hostname, _, callback) => (looked.push(hostname), callback(null, [{ address: '10.0.0.1', family: 4 }])) },
    );
    for (const address of ['https://WIKI.acme.test/pages', 'https://wiki.acme.test:443/pages']) {
      await expect(fetch(address)).rejects.toMatchObject({ code: 'source_rejected' });
    }
    expect(looked).toEqual(['wiki.acme.test', 'wiki.acme.test']);
  });

  test('no proxy of the environment is asked', async () => {
    const proxy = await aPeer((_, response) => void response.end('by the proxy'));
    const peer = await aPeer((_, response) => void response.end('straight'));
    const child = spawn(process.execPath, ['--input-type=module', '--eval', ASKING, peer.url], {
      env: { ...process.env, HTTP_PROXY: proxy.url, http_proxy: proxy.url, HTTPS_PROXY: proxy.url, NODE_USE_ENV_PROXY: '1' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    expect(await text(child.stdout)).toBe('straight');
    expect(proxy.arrived).toEqual([]);
  });
});

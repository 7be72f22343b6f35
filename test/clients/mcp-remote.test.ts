import { existsSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';

import { type ForeignClient, foreignClientContract } from '../contracts/foreign-client.ts';
import { type APlace, aPlace, synced } from '../support/a-place.ts';
import { type ARunningServer, aRunningServer } from '../support/a-running-server.ts';
import { ADA, LINES } from '../support/a-served-place.ts';
import { ROOT } from '../support/source-tree.ts';

const PROXY = join(ROOT, 'node_modules/mcp-remote/dist/proxy.js');

let place: APlace;
let server: ARunningServer;
let bin: string;

beforeAll(async () => {
  place = await synced(await aPlace(LINES));
  server = await aRunningServer(place);
  bin = join(place.folder, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'xdg-open'), `#!/bin/sh\n: > ${join(place.folder, 'browser-was-opened')}\n`);
  await chmod(join(bin, 'xdg-open'), 0o755);
});

afterAll(async () => {
  await server.close();
  await place.remove();
});

const answer = z.looseObject({ content: z.tuple([z.looseObject({ type: z.literal('text'), text: z.string() })]) });

/** A client that only starts programs, and mcp-remote as the program. */
const bridged = async (argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<ForeignClient> => {
  const client = new Client({ name: 'castellan tests', version: '1' });
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [PROXY, server.url, '--allow-http', '--transport', 'http-only', ...argv],
    env: { PATH: `${bin}:/usr/bin:/bin`, HOME: place.folder, ...env },
    stderr: 'ignore',
  });
  await client.connect(transport);
  return {
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, given) => answer.parse(await client.callTool({ name, arguments: { ...given } })).content[0].text,
    close: () => client.close(),
  };
};

foreignClientContract('mcp-remote with a header', async (who) =>
  bridged(['--header', 'Authorization: Bearer ${TOKEN}'], { TOKEN: await server.token(who) }),
);

foreignClientContract('mcp-remote in the other era', async (who) =>
  bridged(['--protocol', 'auto', '--header', `Authorization: Bearer ${await server.token(who)}`]),
);

test('a header can be kept in a file', async () => {
  const file = join(place.folder, 'header');
  await writeFile(file, `Authorization: Bearer ${await server.token(ADA)}\n`, { mode: 0o600 });
  const client = await bridged(['--header-file', file]);
  expect(await client.tools()).toContain('search');
  await client.close();
});

test.each([
  ['no token', []],
  ['a bad token', ['--header', 'Authorization: Bearer eyJhbGciOiJub25lIn0.e30.']],
])('with %s it ends, and no browser opens', async (_, argv) => {
  await expect(bridged(argv)).rejects.toThrow(/closed|401|authori[sz]/iu);
  expect(existsSync(join(place.folder, 'browser-was-opened'))).toBe(false);
});

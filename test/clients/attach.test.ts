import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';

import { castellan, type Ended, environment, LAUNCHER } from '../support/a-command.ts';
import { type APlace, aPlace, ORGANISATION, synced } from '../support/a-place.ts';
import { type ARunningServer, aRunningServer } from '../support/a-running-server.ts';
import { ADA, LINES } from '../support/a-served-place.ts';
import { inspect } from '../support/an-inspector.ts';
import { ROOT } from '../support/source-tree.ts';

let place: APlace;
let server: ARunningServer;

beforeAll(async () => {
  place = await synced(await aPlace(LINES));
  server = await aRunningServer(place);
  // Only now is its address known, which the command then prints.
  await place.configure(
    `${ORGANISATION}server: { public_url: "${server.url.replace(/\/mcp$/u, '')}" }\n` +
      'sources: { wiki: { connector: jsonl, path: ./wiki.jsonl } }\nembedding: { provider: none }\n',
  );
  await symlink(join(ROOT, 'node_modules'), join(place.folder, 'node_modules'));
});

afterAll(async () => {
  await server.close();
  await place.remove();
});

const attach = (argv: readonly string[]): Promise<Ended> =>
  castellan(['attach', ...argv, '--config', place.config, '--data', place.data], { env: { HOME: place.folder } });

const pasted = async <T>(schema: z.ZodType<T>, argv: readonly string[]): Promise<T> =>
  schema.parse(JSON.parse((await attach([...argv, '--no-wait'])).stdout));

const TOOLS = ['search', 'fetch', 'list_sources', 'explain_access'];
const NAMED = { name: 'castellan tests', version: '1' };

const toolsOver = async (transport: StdioClientTransport | StreamableHTTPClientTransport): Promise<string[]> => {
  const client = new Client(NAMED);
  await client.connect(transport);
  try {
    return (await client.listTools()).tools.map(({ name }) => name);
  } finally {
    await client.close();
  }
};

const started = z.looseObject({ command: z.string(), args: z.array(z.string()) });
const called = z.looseObject({ url: z.string(), headers: z.record(z.string(), z.string()) });
const under = <T extends z.ZodType>(key: string, one: T) =>
  z.looseObject({ [key]: z.strictObject({ castellan: one }) }).transform((file) => file[key]);

describe('what is pasted starts the server, as it stands, in', () => {
  test.each([
    ['claude-code', 'mcpServers'],
    ['claude-desktop', 'mcpServers'],
    ['cursor', 'mcpServers'],
    ['vscode', 'servers'],
  ])('%s', async (client, key) => {
    const block = started.parse((await pasted(under(key, started), [client, '--as', ADA]))?.castellan);
    const transport = new StdioClientTransport({ ...block, env: environment(), stderr: 'ignore' });
    expect(await toolsOver(transport)).toEqual(TOOLS);
  });
});

describe('what is pasted reaches the server that runs, once the token is there, in', () => {
  test.each([
    ['claude-code', 'mcpServers', '${CASTELLAN_TOKEN}'],
    ['cursor', 'mcpServers', '${env:CASTELLAN_TOKEN}'],
    ['vscode', 'servers', '${input:castellan-token}'],
  ])('%s', async (client, key, variable) => {
    const { url, headers } = called.parse((await pasted(under(key, called), [client, '--http']))?.castellan);
    const said = headers['Authorization']?.replace(variable, await server.token(ADA)) ?? '';
    const requestInit = { headers: { Authorization: said } };
    expect(await toolsOver(new StreamableHTTPClientTransport(new URL(url), { requestInit }))).toEqual(TOOLS);
  });

  test.each(['mcp-remote', 'claude-desktop'])('%s, which starts a bridge', async (client) => {
    const block = started.parse((await pasted(under('mcpServers', started), [client, '--http']))?.castellan);
    const [yes, bridge, ...args] = block.args;
    expect([block.command, yes, bridge]).toEqual(['npx', '-y', 'mcp-remote']);
    const file = join(place.folder, '.castellan-header');
    await writeFile(file, `Authorization: Bearer ${await server.token(ADA)}\n`, { mode: 0o600 });
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [join(ROOT, 'node_modules/mcp-remote/dist/proxy.js'), ...args],
      env: { ...environment(), HOME: place.folder },
      stderr: 'ignore',
    });
    expect(await toolsOver(transport)).toEqual(TOOLS);
  });

  test('responses', async () => {
    const schema = z.looseObject({ server_url: z.string(), authorization: z.string(), allowed_tools: z.array(z.string()) });
    const { server_url: url, authorization, allowed_tools: allowed } = await pasted(schema, ['responses']);
    const token = authorization.replace('$CASTELLAN_TOKEN', await server.token(ADA));
    const requestInit = { headers: { Authorization: `Bearer ${token}` } };
    expect(await toolsOver(new StreamableHTTPClientTransport(new URL(url), { requestInit }))).toEqual(allowed);
  });
});

test.each([
  ['started', ['--as', ADA]],
  ['running', ['--http']],
])('the Inspector finds the tools by the command line that is printed, of a server %s', async (_, how) => {
  const { stdout } = await attach(['inspector', ...how, '--no-wait']);
  const prefix = 'npx @modelcontextprotocol/inspector --cli ';
  expect(stdout.startsWith(prefix)).toBe(true);
  const token = await server.token(ADA);
  const argv = stdout.slice(prefix.length).trim().replace('$CASTELLAN_TOKEN', token);
  const words = [...argv.matchAll(/"(?<quoted>[^"]*)"|(?<plain>\S+)/gu)].map(
    ({ groups }) => groups?.['quoted'] ?? groups?.['plain'] ?? '',
  );
  const { code, stderr } = await inspect(words, { home: place.folder });
  expect(stderr).toContain('0 errors');
  expect(code).toBe(0);
});

const LISTED = /'search',\s*'fetch',\s*'list_sources'/u;

describe('the program that is printed runs, as it stands:', () => {
  test.each([
    ['agents-sdk', ['--as', ADA], /^heard of wiki:plan$/mu],
    ['agents-sdk', ['--http'], /^heard of wiki:plan$/mu],
    ['ai-sdk', ['--as', ADA], LISTED],
    ['ai-sdk', ['--http'], LISTED],
    ['langchain', ['--as', ADA], LISTED],
    ['langchain', ['--http'], LISTED],
  ])('%s %s', async (client, how, says) => {
    const { stdout: program } = await attach([client, ...how, '--no-wait']);
    const file = join(place.folder, `${client}.ts`);
    await writeFile(file, program);
    const scripted = client === 'agents-sdk' ? ['--import', join(import.meta.dirname, 'scripted-model-process.ts')] : [];
    const child = spawn(process.execPath, [...scripted, file], {
      cwd: place.folder,
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...environment(), HOME: place.folder, CASTELLAN_TOKEN: await server.token(ADA) },
    });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    const [code] = await once(child, 'close');
    expect(said).toMatch(says);
    expect(code).toBe(0);
  });
});

test('the first call is told, and who made it', async () => {
  const { stdout } = await attach(['cursor', '--as', ADA, '--no-wait']);
  const block = started.parse(under('mcpServers', started).parse(JSON.parse(stdout))?.castellan);
  const client = new Client(NAMED);
  await client.connect(new StdioClientTransport({ ...block, env: environment(), stderr: 'ignore' }));
  const argv = ['attach', 'cursor', '--as', ADA, '--config', place.config, '--data', place.data];
  const waiting = spawn(process.execPath, [LAUNCHER, ...argv], { stdio: ['ignore', 'ignore', 'pipe'], env: environment() });
  const told: string[] = [];
  for await (const line of createInterface({ input: waiting.stderr })) {
    told.push(line);
    if (line.startsWith('Waiting')) await client.callTool({ name: 'search', arguments: { query: 'spring' } });
  }
  await client.close();
  expect(told.at(-1)).toBe(`search was called by local|${ADA} through stdio: answered`);
});

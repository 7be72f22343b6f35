import { expect, test } from 'vitest';

import { BASE, GOOD, load, WIKI } from '../support/a-config.ts';

/** Written, and the whole sentence it gets. */
const WRONG: readonly (readonly [name: string, text: string, sentence: string])[] = [
  [
    'an unknown section',
    `${GOOD}pages: {}`,
    'pages is not a known setting. Known: audit, clients, embedding, freshness, identity, organisation, server, sources, writes.',
  ],
  [
    'a mistyped section',
    GOOD.replace('organisation', 'organization'),
    'organization is not a known setting. Did you mean organisation? Known: audit, clients, embedding, freshness, identity, organisation, server, sources, writes.',
  ],
  [
    'a mistyped setting of a source',
    GOOD.replace('root:', 'rot:'),
    'sources.wiki.rot is not a known setting. Did you mean root? Known: connector, freshness, hosts, login, max_delete_ratio, private_network, rate, root, schedule, url_template, writes.',
  ],
  [
    'an unknown setting deep inside',
    GOOD.replace('./wiki', './wiki, login: { user: a, pages: [{ id: 1 }, { id: 2, x: 3 }] }'),
    'sources.wiki.login.pages.1.x is not a known setting. Known: id.',
  ],
  [
    'a mistyped promise',
    `${GOOD}freshness: { content: { withn: 1h } }`,
    'freshness.content.withn is not a known setting. Did you mean within? Known: on_breach, within.',
  ],
  ['a prototype', `${GOOD}__proto__: { a: 1 }`, '__proto__ is not a known setting.'],
  [
    'a merge key',
    `${GOOD}<<: { embedding: { provider: none } }`,
    '<< is not a known setting. Known: audit, clients, embedding, freshness, identity, organisation, server, sources, writes.',
  ],
  ['no organisation', WIKI, 'organisation is missing.'],
  ['no name', GOOD.replace('name: Acme, ', ''), 'organisation.name is missing.'],
  ['no domains', GOOD.replace(', domains: [acme.test]', ''), 'organisation.domains is missing.'],
  ['an empty list of domains', GOOD.replace('[acme.test]', '[]'), 'organisation.domains must not be empty.'],
  [
    'an e-mail for a domain',
    GOOD.replace('[acme.test]', '[ada@acme.test]'),
    'organisation.domains.0 must be a domain, such as acme.test.',
  ],
  ['text for a list', GOOD.replace('[acme.test]', 'acme.test'), 'organisation.domains must be a list.'],
  ['a list for text', GOOD.replace('name: Acme', 'name: [Acme]'), 'organisation.name must be text.'],
  ['a number for text', GOOD.replace('name: Acme', 'name: 7'), 'organisation.name must be text.'],
  ['another way to identify', `${GOOD}identity: { mode: broker }`, 'identity.mode must be local or resource.'],
  ['no sources', BASE, 'sources is missing.'],
  ['an empty section', `${BASE}sources:`, 'sources is empty.'],
  ['sources that name none', `${BASE}sources: {}`, 'sources must name at least one source.'],
  ['a source of nothing', `${BASE}sources: { wiki: }`, 'sources.wiki is empty.'],
  [
    'a name that is none',
    GOOD.replace('wiki: {', 'My Wiki: {'),
    'sources.My Wiki is not a name for a source: it is made of a–z, 0–9 and -, at most 64 of them.',
  ],
  [
    'a name that is too long',
    GOOD.replace('wiki: {', `${'w'.repeat(65)}: {`),
    `sources.${'w'.repeat(65)} is not a name for a source: it is made of a–z, 0–9 and -, at most 64 of them.`,
  ],
  ['no connector', GOOD.replace('connector: wiki, ', ''), 'sources.wiki.connector is missing.'],
  [
    'a connector there is not',
    GOOD.replace('connector: wiki', 'connector: wikki'),
    'sources.wiki.connector names no connector there is. Did you mean wiki? Known: wiki, shop.',
  ],
  ['a missing setting of a connector', GOOD.replace(', root: ./wiki', ''), 'sources.wiki.root is missing.'],
  [
    'a ratio beyond one',
    GOOD.replace('root:', 'max_delete_ratio: 20, root:'),
    'sources.wiki.max_delete_ratio must be at most 1.',
  ],
  [
    'a ratio below zero',
    GOOD.replace('root:', 'max_delete_ratio: -1, root:'),
    'sources.wiki.max_delete_ratio must be at least 0.',
  ],
  ['a ratio in words', GOOD.replace('root:', 'max_delete_ratio: all, root:'), 'sources.wiki.max_delete_ratio must be a number.'],
  [
    'an address without an id',
    GOOD.replace('root:', 'url_template: https://acme.test/, root:'),
    'sources.wiki.url_template must contain <id> or <key>.',
  ],
  [
    'an address for a host',
    GOOD.replace('root:', 'hosts: ["https://acme.test/"], root:'),
    'sources.wiki.hosts.0 must be a host, such as wiki.acme.test or wiki.acme.test:8443.',
  ],
  ...['1', '1 h', '1w', '0s', '-1h', '99999d', 'soon', '1h 30m', '9999999999s'].map(
    (written) =>
      [
        `${written} for a duration`,
        `${GOOD}freshness: { content: { within: '${written}' } }`,
        'freshness.content.within must be a duration from 1s to ten years, such as 90s, 30m, 24h or 7d.',
      ] as const,
  ),
  [
    'a number for a duration',
    `${GOOD}freshness: { content: { within: 3600 } }`,
    'freshness.content.within must be a duration from 1s to ten years, such as 90s, 30m, 24h or 7d.',
  ],
  [
    'a breach nobody knows',
    `${GOOD}freshness: { permissions: { on_breach: ask } }`,
    'freshness.permissions.on_breach must be deny or live or label.',
  ],
  [
    'a source to be asked live that nobody can ask',
    `${GOOD}freshness: { content: { on_breach: live } }`,
    'sources.wiki.freshness.content.on_breach is live, and a source of the connector wiki cannot be asked live. Write sources.wiki.freshness.content.on_breach: deny or label.',
  ],
  ['a provider nobody knows', `${GOOD}embedding: { provider: cohere }`, 'embedding.provider must be local or none or openai.'],
  [
    'a service without its key',
    `${GOOD}embedding: { provider: openai }`,
    'embedding.key is missing: write ${OPENAI_API_KEY} there, and set that in the environment.',
  ],
  [
    'a key in the file',
    `${GOOD}embedding: { provider: openai, key: sk-1 }`,
    'embedding.key must be given as ${NAME} and set in the environment, not written into the file.',
  ],
  [
    'a model for the local one',
    `${GOOD}embedding: { provider: local, model: x }`,
    'embedding.model belongs to provider: openai.',
  ],
  [
    'a service in the open',
    `${GOOD}embedding: { provider: openai, base_url: "http://model.test/v1", model: x, dimensions: 8 }`,
    'embedding.base_url must begin with https:// unless private_network is true.',
  ],
  [
    'a model of unknown length',
    `${GOOD}embedding: { provider: openai, base_url: "https://model.test/v1", model: x }`,
    'embedding.dimensions is missing: how many numbers a vector of x has.',
  ],
  [
    'vectors longer than the model makes',
    `${GOOD}embedding: { provider: openai, key: "\${SET}", dimensions: 4000 }`,
    'embedding.dimensions must be at most 1536 for text-embedding-3-small.',
  ],
  [
    'a previous model without its key',
    `${GOOD}embedding: { provider: local, previous: { provider: openai } }`,
    'embedding.previous.key is missing: write ${OPENAI_API_KEY} there, and set that in the environment.',
  ],
  ['an anchor every zero rows', `${GOOD}audit: { every: 0 }`, 'audit.every must be at least 1.'],
  ['an anchor every half row', `${GOOD}audit: { every: 0.5 }`, 'audit.every must be a whole number.'],
  [
    'a variable that is not set',
    GOOD.replace('./wiki', '"${WIKI_ROOT}"'),
    'sources.wiki.root needs the environment variable WIKI_ROOT, which is not set. Set it and try again.',
  ],
  [
    'a variable that is empty',
    GOOD.replace('./wiki', '"${EMPTY}"'),
    'sources.wiki.root needs the environment variable EMPTY, which is not set. Set it and try again.',
  ],
  [
    'a variable without a name',
    GOOD.replace('./wiki', '"${}"'),
    'sources.wiki.root holds "${" without a name and "}" behind it. Write it as ${NAME}.',
  ],
  [
    'a variable without an end',
    GOOD.replace('./wiki', '"${WIKI"'),
    'sources.wiki.root holds "${" without a name and "}" behind it. Write it as ${NAME}.',
  ],
  [
    'a secret in the file',
    `${BASE}sources: { shop: { connector: shop, token: hunter2 } }`,
    'sources.shop.token must be given as ${NAME} and set in the environment, not written into the file.',
  ],
  [
    'a secret partly in the file',
    `${BASE}sources: { shop: { connector: shop, token: "hunter2\${SET}" } }`,
    'sources.shop.token must be given as ${NAME} and set in the environment, not written into the file.',
  ],
  [
    'no secret',
    `${BASE}sources: { shop: { connector: shop } }`,
    'sources.shop.token must be given as ${NAME} and set in the environment, not written into the file.',
  ],
  ['a list for the file', '- organisation', 'the file must be a group of settings.'],
  [
    'an alias that grows',
    `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'.replaceAll(/./gu, (name) => `${name}: &${name} [${`*${String.fromCodePoint((name.codePointAt(0) ?? 0) - 1)},`.repeat(9)}]\n`)}`,
    'an alias names nothing, or they repeat too much. Write the values out instead.',
  ],
  [
    'an alias of nothing',
    `${GOOD}audit: *nothing`,
    'an alias names nothing, or they repeat too much. Write the values out instead.',
  ],
  ['an alias that holds itself', 'a: &a { b: *a }', 'a.b.b is nested too deeply. Write it flatter.'],
];

test.each(WRONG)('%s gets a sentence that says what to do', async (_name, text, sentence) => {
  await expect(load(text, { SET: 'set', EMPTY: '' })).rejects.toMatchObject({
    code: 'config',
    message: `castellan.yaml: ${sentence}`,
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { connectors } from '../../connectors/index.ts';
import type { Connector } from '../../src/core/connector.ts';
import { withCalls } from '../../packaging/connector-docs.ts';
import { ROOT } from '../support/source-tree.ts';

const pageOf = (name: string): string => readFileSync(join(ROOT, 'connectors', name, 'README.md'), 'utf8');

const each = connectors.map((connector) => [connector.name, connector] as const);

const PAGE = '# wiki\n\n## Token\n\nOne.\n\n## Scopes\n\nMore words.\n';
const WIKI: Pick<Connector, 'operations' | 'hosts'> = {
  operations: [
    { name: 'list_pages', access: 'read', calls: ['GET /pages', 'GET /pages/*'], scope: 'pages:read' },
    { name: 'who', access: 'read', calls: ['GET /me'] },
    { name: 'add_comment', access: 'write', calls: ['POST /pages/*/comments'], scope: 'pages|write' },
  ],
  hosts: () => ['api.wiki.test'],
};

describe('the page of a connector', () => {
  test.each(each)('%s tells the calls it declares: npm run docs:connectors', (_, connector) => {
    expect(pageOf(connector.name)).toBe(withCalls(pageOf(connector.name), connector));
  });

  test.each(each)('%s is another once one more is declared', (_, connector) => {
    const more = { name: 'one_more', access: 'read' as const, calls: ['GET /more'], scope: 'more' };
    const made = withCalls(pageOf(connector.name), { ...connector, operations: [...connector.operations, more] });
    expect(made).not.toBe(pageOf(connector.name));
    expect(made).toContain('`GET /more`');
  });
});

describe('what is made', () => {
  test('is a table of the calls, with where they go and what is asked for', () => {
    expect(withCalls(PAGE, WIKI)).toMatchInlineSnapshot(`
      "# wiki

      ## Token

      One.

      ## Scopes

      <!-- calls: made by npm run docs:connectors -->

      It calls \`api.wiki.test\`, and makes no other call than these.

      | operation     | access | calls                        | scope          |
      | ------------- | ------ | ---------------------------- | -------------- |
      | \`list_pages\`  | read   | \`GET /pages\`, \`GET /pages/*\` | \`pages:read\`   |
      | \`who\`         | read   | \`GET /me\`                    | –              |
      | \`add_comment\` | write  | \`POST /pages/*/comments\`     | \`pages\\|write\` |

      Scopes that are asked for: \`pages:read\`, \`pages|write\`.

      <!-- /calls -->

      More words.
      "
    `);
  });

  test('is made anew in its place, and the same again', () => {
    const once = withCalls(PAGE, WIKI);
    expect(withCalls(once, WIKI)).toBe(once);
    const [first] = WIKI.operations;
    const less = withCalls(once, { ...WIKI, operations: first ? [first] : [] });
    expect(less).not.toContain('add_comment');
    expect(less).toContain('More words.');
    expect(less.match(/## Scopes/gu)).toHaveLength(1);
  });

  test.each([
    ['none', () => [], 'It makes no HTTP calls.'],
    ['one that is fixed', () => ['a.test'], 'It makes no HTTP calls. It connects to `a.test`.'],
    [
      'one of the settings',
      (settings: unknown) => [new URL((settings as { url: string }).url).host],
      'It makes no HTTP calls. It connects to what `url` of the settings says.',
    ],
    [
      'one that the settings may replace',
      (settings: unknown) => [(settings as { api?: string }).api ?? 'a.test'],
      'It makes no HTTP calls. It connects to `a.test`, or what `api` of the settings says.',
    ],
  ] as const)('names hosts: %s', (_, hosts, told) => {
    expect(withCalls(PAGE, { operations: [], hosts })).toContain(`\n\n${told}\n\n`);
  });

  test.each(['# wiki\n', `${PAGE}${PAGE}`, PAGE.replace('More', '<!-- /calls --> More')])(
    'has no place in a page that is not as it should be: %j',
    (page) => {
      expect(() => withCalls(page, WIKI)).toThrow('The page needs one heading "## Scopes"');
    },
  );
});

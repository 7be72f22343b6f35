import { describe, expect, test } from 'vitest';

import type { Change } from '../../src/core/change.ts';
import type { OwnPath, OwnTerm } from '../../src/core/own-path.ts';
import { explainAccessTool } from '../../src/tools/explain-access.ts';
import { toolContract } from '../contracts/tool.ts';
import { aContext, aView, aVisibleDocument, basis } from '../support/a-view.ts';
import { aDocument, anAccount, only } from '../support/builders.ts';
import { type IndexInProcess, openIndex } from '../support/index-in-process.ts';
import { rulesFor } from '../support/looking.ts';

const AT = Date.parse('2026-01-03T00:00:00Z');
const explainedBy = (path: Partial<OwnPath>) => ({
  document: aVisibleDocument(),
  path: { terms: [], containers: [], partial: false, ...path },
});
const byGroup: OwnTerm = {
  from: 'space ENG',
  allow: 'group:all',
  through: [{ principal: 'group:all', at: AT }, { principal: 'group:eng', at: AT }, { principal: 'everyone' }],
};

toolContract(explainAccessTool, {
  input: { id: 'handbook:plan' },
  view: aView({ explained: [explainedBy({ terms: [byGroup] })] }),
  documents: [{ id: 'handbook:plan', content: 'c0ffee', acl: 7, permissionsAt: AT }],
});

const answerTo = async (path: Partial<OwnPath>) => {
  const answer = await explainAccessTool.run({ id: 'handbook:plan' }, aContext(aView({ explained: [explainedBy(path)] })));
  if (!('output' in answer)) throw new Error('nothing was found');
  return answer.output;
};

describe('the answer', () => {
  test('names each term, what it allows and the chain to it, and each container once', async () => {
    const containers = [{ key: 'eng', confirmedAt: AT, terms: [byGroup] }];
    const parent: OwnTerm = { from: 'page', allow: 'audience:eng', through: [] };
    expect(await answerTo({ terms: [parent], containers })).toMatchInlineSnapshot(`
      {
        "containers": [
          {
            "key": "eng",
            "permissions_synced_at": "2026-01-03T00:00:00.000Z",
            "terms": [
              {
                "allow": "group:all",
                "from": "space ENG",
                "through": [
                  {
                    "at": "2026-01-03T00:00:00.000Z",
                    "principal": "group:all",
                  },
                  {
                    "at": "2026-01-03T00:00:00.000Z",
                    "principal": "group:eng",
                  },
                  {
                    "principal": "everyone",
                  },
                ],
              },
            ],
          },
        ],
        "id": "handbook:plan",
        "partial": false,
        "permissions_synced_at": "2026-01-03T00:00:00.000Z",
        "terms": [
          {
            "allow": "audience:eng",
            "from": "page",
            "through": [],
          },
        ],
      }
    `);
  });

  test('stays short whatever names a source gives, and says that it is not all', async () => {
    const long = '漢'.repeat(1000);
    const terms = Array.from({ length: 64 }, (): OwnTerm => ({
      from: long,
      allow: `group:${long}`,
      through: Array.from({ length: 60 }, () => ({ principal: `group:${long}`, at: AT })),
    }));
    const answer = await answerTo({ terms, containers: [{ key: long, terms }] });
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThan(13_000);
    expect(answer).toMatchObject({ partial: true, containers: [] });
  });

  test('says so where a chain is too long to be shown whole', async () => {
    const through = Array.from({ length: 13 }, (_, at) => ({ principal: `group:g${at}` as const }));
    const { terms, partial } = await answerTo({ terms: [{ from: 'page', allow: 'group:g0', through }] });
    expect(partial).toBe(true);
    expect(terms).toMatchObject([{ through: expect.objectContaining({ length: 12 }) }]);
  });

  test('has no hidden character of what a source wrote', async () => {
    const { terms } = await answerTo({ terms: [{ from: 'pa\u200bge\u{e0041}', allow: 'group:a\u202eb', through: [] }] });
    expect(terms).toMatchObject([{ from: 'page', allow: 'group:ab' }]);
  });
});

test.each(['absent', 'refused'] as const)('a document that is %s is missing, and only the audit hears which', async (missing) => {
  const view = aView({ missing: { 'handbook:plan': missing } });
  expect(await explainAccessTool.run({ id: 'handbook:plan' }, aContext(view))).toEqual({ missing, basis });
});

describe('on an index', () => {
  const NOW = Date.parse('2026-01-05T12:00:00Z');
  const ADA = { issuer: 'idp', subject: 'ada', email: 'ada@acme.test' };
  const changes: readonly Change[] = [
    { type: 'listing' },
    { type: 'account', account: anAccount({ id: 'ada' }) },
    { type: 'account', account: anAccount({ id: 'canary-person', name: 'Canary Person' }) },
    { type: 'members', group: 'eng', members: ['user:ada', 'user:canary-person'] },
    { type: 'members', group: 'canary-group', members: ['user:canary-person'] },
    { type: 'members', group: 'all', members: ['group:canary-group', 'group:eng', 'person:canary@acme.test'] },
    { type: 'container', key: 'home', title: 'Canary Home', acl: only('group:canary-group', 'group:all') },
    { type: 'container', key: 'canary-box', title: 'Canary Box', acl: only('group:canary-group') },
    { type: 'container', key: 'deck', title: 'Canary Deck', acl: only('audience:canary-box', 'audience:home') },
    {
      type: 'document',
      document: aDocument({
        key: 'plan',
        title: 'Canary title',
        acl: {
          terms: [
            {
              allow: ['audience:canary-box', 'audience:deck', 'person:canary@acme.test', 'user:canary-person'],
              deny: ['group:canary-group'],
              from: 'page',
            },
          ],
        },
      }),
    },
    { type: 'document', document: aDocument({ key: 'shut', title: 'Canary shut', acl: only('group:canary-group') }) },
    { type: 'complete' },
  ];

  const ask = async (id: string, act: (index: IndexInProcess) => Promise<void> = async () => {}) => {
    const index = await openIndex({ rules: rulesFor('wiki'), now: () => NOW });
    try {
      await index.sync('wiki', changes);
      await index.identify(ADA);
      await act(index);
      return { result: await index.ask(ADA, 'explain_access', { id }), audited: index.audited };
    } finally {
      await index.close();
    }
  };

  test('a reader hears their own way alone: no other allow, no deny, no member, no title', async () => {
    const { result, audited } = await ask('wiki:plan');
    expect(JSON.stringify(result)).not.toMatch(/canary/iu);
    expect(result).toMatchObject({
      output: {
        terms: [{ from: 'page', allow: 'audience:deck', through: [] }],
        containers: [
          { key: 'deck', terms: [{ allow: 'audience:home' }] },
          {
            key: 'home',
            terms: [
              {
                allow: 'group:all',
                through: [{ principal: 'group:all' }, { principal: 'group:eng' }, { principal: 'user:ada' }],
              },
            ],
          },
        ],
        partial: false,
      },
    });
    expect(audited).toMatchObject([{ tool: 'explain_access', outcome: 'answered', documents: [{ id: 'wiki:plan' }] }]);
  });

  test('a document that is hidden and one that is not there get the same answer, told apart in the audit alone', async () => {
    const [hidden, missing] = [await ask('wiki:shut'), await ask('wiki:nowhere')];
    expect(JSON.stringify(hidden.result)).toBe(JSON.stringify(missing.result));
    expect(hidden.result).toMatchObject({ error: { code: 'not_found' } });
    expect([hidden, missing].map(({ audited }) => audited.map(({ outcome }) => outcome))).toEqual([['refused'], ['absent']]);
  });

  test('whoever is taken out of the group hears of the document no more', async () => {
    const { result } = await ask('wiki:plan', async (index) => {
      await index.sync('wiki', [{ type: 'members', group: 'eng', members: ['user:canary-person'] }]);
    });
    expect(result).toMatchObject({ error: { code: 'not_found' } });
  });
});

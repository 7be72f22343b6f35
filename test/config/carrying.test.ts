import { describe, expect, test } from 'vitest';

import { carriedBy, NO_POLICY, policyFor } from '../../src/core/policy.ts';
import { BASE, GOOD, load } from '../support/a-config.ts';

const TWO = `${BASE}sources: { wiki: { connector: wiki, root: ./wiki }, desk: { connector: wiki, root: ./desk } }\n`;

describe('a policy', () => {
  test('is for its own name and every id it lists, and takes from default what it leaves out', async () => {
    const { rules } = await load(`${TWO}
clients:
  default: { deny_labels: [Restricted], writes: confirm }
  chatgpt: { ids: [client-1, client-2], sources: [wiki] }
  claude: { deny_labels: [], writes: forbid }`);
    const chatgpt = { sources: ['wiki'], denyLabels: ['Restricted'], writes: 'confirm' };
    expect(policyFor(rules, 'anything')).toEqual({ denyLabels: ['Restricted'], writes: 'confirm' });
    expect(['chatgpt', 'client-1', 'client-2'].map((client) => policyFor(rules, client))).toEqual([chatgpt, chatgpt, chatgpt]);
    expect(policyFor(rules, 'claude')).toEqual({ denyLabels: [], writes: 'forbid' });
    expect([...carriedBy('client-1', rules).sources.keys()]).toEqual(['wiki']);
    expect([...carriedBy('claude', rules).sources.keys()]).toEqual(['wiki', 'desk']);
  });

  test('that is not there narrows nothing', async () => {
    const { rules } = await load(TWO);
    expect(policyFor(rules, 'anything')).toEqual(NO_POLICY);
    expect(carriedBy('anything', rules)).toEqual({ sources: rules.sources, deniedLabels: [] });
  });

  test('says of one client alone that it asks its user', async () => {
    const { rules } = await load(`${TWO}clients: { desk: { asks: true }, phone: { asks: false }, claude: {} }`);
    expect(['desk', 'phone', 'claude', 'other'].map((client) => policyFor(rules, client).asks)).toEqual([
      true,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('may let a client carry nothing at all', async () => {
    const { rules } = await load(`${TWO}clients: { probe: { sources: [] } }`);
    expect(carriedBy('probe', rules).sources.size).toBe(0);
  });

  test.each(['constructor', '__proto__', 'Chatgpt', ' chatgpt'])(
    'is for the client of exactly that name, not for %s',
    async (client) => {
      const { rules } = await load(`${TWO}clients: { chatgpt: { sources: [wiki] } }`);
      expect(policyFor(rules, client)).toEqual(NO_POLICY);
    },
  );
});

test.each([
  [
    'a policy for a source that is not there',
    'clients: { chatgpt: { sources: [wikki] } }',
    'clients.chatgpt.sources names wikki, which is no source here. Did you mean wiki? Known: wiki.',
  ],
  [
    'ids of default',
    'clients: { default: { ids: [a] } }',
    'clients.default.ids must not be there: default is for every client that no other policy names.',
  ],
  [
    'the word that every client asks',
    'clients: { default: { asks: true } }',
    'clients.default.asks must not be there: nobody knows of every client that it asks its user.',
  ],
  [
    'an id that two policies claim',
    'clients: { chatgpt: { ids: [a, b] }, claude: { ids: [b] } }',
    'clients.claude.ids.0 is claimed by clients.chatgpt already.',
  ],
  [
    'an id that is the name of another policy',
    'clients: { chatgpt: { ids: [claude] }, claude: {} }',
    'clients.chatgpt.ids.0 is claimed by clients.claude already.',
  ],
  [
    'an id that stands twice',
    'clients: { chatgpt: { ids: [a, a] } }',
    'clients.chatgpt.ids.1 is claimed by clients.chatgpt already.',
  ],
  ['a label of nothing', 'clients: { chatgpt: { deny_labels: [""] } }', 'clients.chatgpt.deny_labels.0 must not be empty.'],
  [
    'a label that nobody can see',
    'clients: { chatgpt: { deny_labels: ["\\u200b "] } }',
    'clients.chatgpt.deny_labels.0 must be a label that can be seen.',
  ],
  ['a label for a list', 'clients: { chatgpt: { deny_labels: restricted } }', 'clients.chatgpt.deny_labels must be a list.'],
  [
    'another word for writes',
    'clients: { chatgpt: { writes: never } }',
    'clients.chatgpt.writes must be auto or confirm or approve or forbid.',
  ],
  [
    'a misspelt setting',
    'clients: { chatgpt: { deny_label: [a] } }',
    'clients.chatgpt.deny_label is not a known setting. Did you mean deny_labels? Known: asks, deny_labels, ids, sources, writes.',
  ],
  [
    'accounts of a service in a source that is not there',
    'identity: { mode: local, services: [{ subject: ci, accounts: { desk: [bot] } }] }',
    'identity.services.0.accounts names desk, which is no source here. Known: wiki.',
  ],
  [
    'a service that is everyone',
    'identity: { mode: local, services: [{ subject: ci, principals: [everyone] }] }',
    'identity.services.0.principals.0 expected person:<e-mail>, org:<group> or domain:<name>.',
  ],
])('%s is refused with what to do', async (_, part, sentence) => {
  await expect(load(`${GOOD}${part}`)).rejects.toMatchObject({ code: 'config', message: `castellan.yaml: ${sentence}` });
});

import { expect, test } from 'vitest';

import { NO_POLICY, strictest, WRITE_POLICIES, writePolicy } from '../../src/core/policy.ts';
import { BASE, load } from '../support/a-config.ts';

const TWO = `${BASE}sources: { wiki: { connector: wiki, root: ./wiki, writes: confirm }, desk: { connector: wiki, root: ./desk } }\n`;

test('nothing is written that nobody named', async () => {
  const { writes } = await load(TWO);
  expect(writePolicy({ action: 'wiki.edit', source: 'desk' }, NO_POLICY, writes)).toBe('forbid');
});

test('an action is as it is named, a source and a client only narrow it', async () => {
  const { writes } = await load(`${TWO}writes: { wiki.edit: auto, default: approve }`);
  const policy = (source: string, action: string, client = NO_POLICY.writes) =>
    writePolicy({ action, source }, { ...NO_POLICY, writes: client }, writes);
  expect(policy('desk', 'wiki.edit')).toBe('auto');
  expect(policy('wiki', 'wiki.edit')).toBe('confirm');
  expect(policy('wiki', 'wiki.edit', 'forbid')).toBe('forbid');
  expect(policy('wiki', 'wiki.create', 'confirm')).toBe('approve');
});

test('what takes another write back is as that is, unless it is named itself', async () => {
  const undo = { action: 'wiki.create', takesBack: 'wiki.edit', source: 'desk' };
  const given = async (text: string) => writePolicy(undo, NO_POLICY, (await load(`${TWO}writes: ${text}`)).writes);
  expect(await given('{ wiki.edit: confirm }')).toBe('confirm');
  expect(await given('{ wiki.edit: confirm, wiki.create: approve }')).toBe('approve');
});

test.each([
  ['', ['read']],
  ['writes: { default: forbid }', ['read']],
  ['writes: { wiki.edit: auto }', ['read', 'edit', 'remove']],
  ['writes: { wiki.edit: approve, wiki.remove: forbid }', ['read', 'edit']],
  ['writes: { wiki.remove: auto }', ['read', 'remove']],
])('a source is signed in for no more than what may be asked of it: %s', async (text, may) => {
  const { sources } = await load(TWO + text);
  const named = sources.map(({ operations }) => operations.map(({ name }) => name.replace(' pages', '')));
  expect(named).toEqual([may, may]);
  const [wiki] = (await load(TWO.replace('confirm', 'forbid') + text)).sources;
  expect(wiki?.operations.map(({ access }) => access)).toEqual(['read']);
});

test.each([
  [
    'writes: { wiki.edti: auto }',
    'writes.wiki.edti names no action there is. Did you mean wiki.edit? Known: default, wiki.create, wiki.edit, wiki.remove.',
  ],
  ['writes: { wiki.edit: always }', 'writes.wiki.edit must be auto or confirm or approve or forbid.'],
  ['writes: [wiki.edit]', 'writes must be a group of settings.'],
])('%s is refused with what to do', async (text, sentence) => {
  await expect(load(TWO + text)).rejects.toMatchObject({ code: 'config', message: `castellan.yaml: ${sentence}` });
});

test('the strictest of some is the one that comes last', () => {
  expect(WRITE_POLICIES.map((one) => strictest('confirm', one))).toEqual(['confirm', 'confirm', 'approve', 'forbid']);
});

import { expect, onTestFinished, test } from 'vitest';

import { linkByEmail } from '../../../src/access/link.ts';
import { DEFAULT_FRESHNESS } from '../../../src/core/freshness.ts';
import type { Rules } from '../../../src/core/rules.ts';
import { openPast } from '../../../src/store/sqlite/history-past.ts';
import type { Write } from '../../../src/store/store.ts';
import { anIndex } from '../../support/an-index.ts';
import { document } from '../../support/new-document.ts';

const ADA = { issuer: 'local', subject: 'ada@acme.test', email: 'ada@acme.test' };
const RULES: Rules = { ownedDomains: ['acme.test'], sources: new Map([['wiki', DEFAULT_FRESHNESS]]) };

const account = (emails: readonly string[], active = true): Write => ({
  type: 'account',
  account: { id: 'u1', emails, active, kind: 'member' },
});

/** Each of these in a run of its own, and Ada identified after it: how she stood to the account at every version, and its end. */
const played = async (writes: readonly Write[]): Promise<string[]> => {
  const index = await anIndex();
  const { store, path } = index;
  const past = openPast(path);
  onTestFinished(() => past.close());
  const versions: number[] = [];
  for (const write of writes) {
    await index.sync('wiki', [write]);
    await store.identify(ADA, 0);
    await linkByEmail(store, ADA, RULES, 0);
    versions.push(past.read(({ version }) => version));
  }
  return past.read((reading) => versions.map((version) => reading.asOf(version).facts('wiki', ADA, RULES).leaf('user:u1').is));
};

test('a link is remembered as long as it stood: not once its account was given another e-mail, and again when it is made again', async () => {
  const [hers, others] = [account(['ada@acme.test']), account(['new@acme.test'])];
  expect(await played([hers, others, hers, account(['ada@acme.test'], false)])).toEqual(['yes', 'undecided', 'yes', 'undecided']);
});

test('rules come back by their name, each text kept once', async () => {
  const { store, path } = await anIndex();
  const past = openPast(path);
  onTestFinished(() => past.close());
  const name = await store.recordRules(RULES);
  expect(await store.recordRules({ ...RULES })).toBe(name);
  const other = await store.recordRules({ ...RULES, directory: 'wiki' });
  expect([await store.recordRules(RULES), other === name]).toEqual([name, false]);
  expect(past.read((reading) => [reading.rules(name), reading.rules(other), reading.rules('none')])).toEqual([
    RULES,
    { ...RULES, directory: 'wiki' },
    undefined,
  ]);
});

test('a directory is remembered as read, also when a later listing of it was refused', async () => {
  const { store, path } = await anIndex();
  const rules: Rules = { ...RULES, directory: 'wiki' };
  const writer = await store.open('wiki', 'test', 0);
  const limit = { ratio: 0, documents: 0, accept: false };
  await writer.write([{ type: 'listing' }, document({ key: 'page' })]);
  await writer.sweep(limit);
  await writer.write([{ type: 'listing' }]);
  expect(await writer.sweep(limit)).toMatchObject({ refused: { missing: 1 } });

  const past = openPast(path);
  onTestFinished(() => past.close());
  expect(past.read((reading) => reading.asOf(reading.version).known(ADA, rules).activity?.is)).toBe('stranger');
});

import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import SQLite from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';

import type { Member, Principal } from '../../../src/core/principal.ts';
import type { Write } from '../../../src/store/store.ts';
import { openStore } from '../../../src/store/sqlite/index-store.ts';
import { only } from '../../support/builders.ts';
import { aText, confirmation, document } from '../../support/new-document.ts';
import { sync } from '../contract/place.ts';
import { storeContract } from '../store-contract.ts';

const aFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'castellan-index-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
};

const anIndex = (): string => join(aFolder(), 'index.db');

const opened = async (path: string) => {
  const store = await openStore({ path, now: () => 1000 });
  onTestFinished(() => store.close());
  return store;
};

/** Asks the file itself, beside the store. */
const asked = <T>(path: string, sql: string): T[] => {
  const db = new SQLite(path, { readonly: true });
  try {
    return db.prepare<[], T>(sql).all();
  } finally {
    db.close();
  }
};

const meta = (path: string) =>
  asked<{ version: number; epoch: number }>(path, 'SELECT version, epoch FROM meta')[0] ?? { version: -1, epoch: -1 };

const container = (...allow: readonly Principal[]): Write => ({
  type: 'container',
  key: 'space',
  title: 'Space',
  acl: only(...allow),
});

const eng = (...members: readonly Member[]): Write => ({ type: 'members', group: 'eng', members });

describe('the contract of every store', () => {
  storeContract(async () => {
    const path = anIndex();
    return {
      open: async ({ now = () => 1000, ...as } = {}) => {
        const store = await openStore({ path, now, ...as });
        onTestFinished(() => store.close());
        return store;
      },
    };
  });
});

describe('the file', () => {
  test('an index and its log are readable by their owner alone, and a wider one is refused', async () => {
    const path = anIndex();
    await sync(await opened(path), [document()]);
    for (const file of [path, `${path}-wal`, `${path}-shm`]) expect(statSync(file).mode & 0o777).toBe(0o600);
    chmodSync(path, 0o640);
    await expect(opened(path)).rejects.toMatchObject({ code: 'config', message: expect.stringContaining(`chmod 600 ${path}`) });
  });

  test('a folder that is not there is refused with what to do', async () => {
    const path = join(aFolder(), 'nowhere', 'index.db');
    await expect(opened(path)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/^Cannot write .* writable, then/u),
    });
  });

  test('a file that is no database is refused with what to do', async () => {
    const path = anIndex();
    writeFileSync(path, 'x'.repeat(5000), { mode: 0o600 });
    await expect(opened(path)).rejects.toMatchObject({
      code: 'unavailable',
      message: `The index ${path} is damaged (file is not a database). Move it away and run: castellan sync`,
    });
  });

  test('an index of a newer Castellan is refused', async () => {
    const path = anIndex();
    await (await openStore({ path, now: () => 1000 })).close();
    const db = new SQLite(path);
    db.pragma('user_version = 999');
    db.close();
    await expect(opened(path)).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('newer') });
  });

  test('a page that was overwritten is found by the check', async () => {
    const path = anIndex();
    const store = await openStore({ path, now: () => 1000 });
    await sync(
      store,
      Array.from({ length: 200 }, (_, number) => document({ key: `k${number}` })),
    );
    await store.check();
    await store.close();
    const bytes = readFileSync(path);
    bytes.fill(0x5a, bytes.length / 2, bytes.length / 2 + 8192);
    writeFileSync(path, bytes);
    const checked = async (): Promise<void> => (await opened(path)).check(); // whichever of both meets the page
    await expect(checked()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/^The index .* is damaged \(.*\)\. Move it away and run: castellan sync$/su),
    });
  });

  test('a text that was changed in the file is found by the check', async () => {
    const path = anIndex();
    const store = await opened(path);
    await sync(store, [document({ text: aText('Plan', 'We move ', 'in spring.') })]);
    await store.check();
    const db = new SQLite(path);
    db.exec("UPDATE chunk SET text = 'in autumn.' WHERE ordinal = 1");
    db.close();
    await expect(store.check()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('not the one that was stored'),
    });
  });

  test('after a scrub no byte and no word of a deleted or replaced text is in the files', async () => {
    const path = anIndex();
    const store = await opened(path);
    const secrets = ['zanzibarquarry', 'plutoniumledger', 'mistralmerger'];
    const found = (): string[] => {
      const files = [path, `${path}-wal`].map((file) => readFileSync(file).toString('latin1').toLowerCase());
      return secrets.filter((secret) => files.some((bytes) => bytes.includes(secret.slice(0, 10)))); // a stem would betray it too
    };
    const others = Array.from({ length: 50 }, (_, number) =>
      document({ key: `k${number}`, text: aText('Plan', `text ${number} `.repeat(50)) }),
    );
    const hidden = secrets.map((title, number) =>
      document({ key: `s${number}`, title, text: aText(title, `${title} `.repeat(400)) }),
    );
    await sync(store, [...others.slice(0, 25), ...hidden, ...others.slice(25)]);
    const chunks = await store.waiting('m1', 100);
    await store.putVectors(
      'm1',
      chunks.map(({ chunk }) => ({ chunk, vector: new Float32Array(384) })),
    );
    expect(found()).toEqual(secrets);

    await sync(store, [
      document({ key: 's0', text: aText('Plan', 'harmless') }),
      { type: 'delete', key: 's1' },
      { type: 'container', key: 's2', title: 'Folder', acl: only('everyone') },
    ]);
    await store.scrub();
    expect(found()).toEqual([]);
    expect(statSync(`${path}-wal`).size).toBe(0);
  });

  test('a scrub that a reader is in the way of is not said to be done', async () => {
    const path = anIndex();
    const store = await opened(path);
    await sync(store, [document()]);
    const reader = new SQLite(path, { readonly: true });
    onTestFinished(() => {
      reader.close();
    });
    reader.exec('BEGIN; SELECT * FROM meta');
    await sync(store, [{ type: 'delete', key: 'plan' }]);
    await expect(store.scrub()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('Run the command again'),
    });
    reader.exec('COMMIT');
    await store.scrub();
  });
});

describe('the rows', () => {
  test('an acl number is never used again, and equal acls share one', async () => {
    const path = anIndex();
    const store = await opened(path);
    const aclOf = (key: string) => asked<{ acl: number }>(path, `SELECT acl FROM item WHERE key = '${key}'`)[0]?.acl;
    await sync(store, [
      document({ key: 'a', acl: only('user:a', 'user:b') }),
      document({ key: 'b', acl: only('user:b', 'user:a', 'user:b') }),
    ]);
    const first = aclOf('a');
    expect(aclOf('b')).toBe(first);
    await sync(store, [{ type: 'delete', key: 'a' }, { type: 'delete', key: 'b' }, document({ key: 'c', acl: only('user:c') })]);
    expect(aclOf('c')).toBeGreaterThan(first ?? Infinity);
    await sync(store, [document({ key: 'd', acl: only('user:a', 'user:b') })]);
    expect(aclOf('d')).toBe(first);
    await sync(store, [document({ key: 'a', acl: only('user:a', 'user:b') })], { source: 'other' });
    expect(asked(path, 'SELECT DISTINCT acl FROM item')).toHaveLength(3);
  });

  test('postings follow the text: replaced, converted and deleted chunks leave none', async () => {
    const path = anIndex();
    const store = await opened(path);
    const words = () =>
      asked<{ text: string }>(
        path,
        'SELECT DISTINCT term.text FROM posting JOIN term ON term.id = posting.term ORDER BY term.text',
      ).map(({ text }) => text);
    await sync(store, [document({ title: 'T', text: aText('T', 'red fox') })]);
    expect(words()).toEqual(['fox', 'red', 't']);
    await sync(store, [document({ title: 'T', text: aText('T', 'red owl') })]);
    expect(words()).toEqual(['owl', 'red', 't']);
    await sync(store, [confirmation({ title: 'T', labels: ['new'] })]);
    expect(words()).toEqual(['owl', 'red', 't']);
    await sync(store, [{ type: 'container', key: 'plan', title: 'T', acl: only('everyone') }]);
    expect(words()).toEqual([]);
    await store.scrub();
    expect(asked(path, 'SELECT * FROM term')).toEqual([]);
    await sync(store, [document({ title: 'T', text: aText('T', 'red fox') })]);
    expect(words()).toEqual(['fox', 'red', 't']);
    await sync(store, [{ type: 'delete', key: 'plan' }]);
    expect(asked(path, 'SELECT * FROM posting')).toEqual([]);
  });

  test('a permission confirms permissions alone, a sighting confirms nothing', async () => {
    const path = anIndex();
    const store = await opened(path);
    const times = () =>
      asked(path, 'SELECT key, synced_at AS content, permissions_synced_at AS permissions FROM item ORDER BY key');
    await sync(store, [document({ key: 'a' }), document({ key: 'b' }), document({ key: 'c' })], { at: 1000 });
    await sync(
      store,
      [{ type: 'acl', key: 'a', acl: only('everyone') }, { type: 'seen', key: 'b' }, confirmation({ key: 'c' })],
      { at: 2000 },
    );
    expect(times()).toEqual([
      { key: 'a', content: 1000, permissions: 2000 },
      { key: 'b', content: 1000, permissions: 1000 },
      { key: 'c', content: 2000, permissions: 2000 },
    ]);
  });

  test('every commit counts, and the epoch moves exactly where what holds for whom can change', async () => {
    const path = anIndex();
    const store = await opened(path);
    const writer = await store.open('wiki', 'jsonl', 1000);
    const moved = async (...batch: readonly Write[]): Promise<number> => {
      const before = meta(path);
      await writer.write(batch);
      expect(meta(path).version).toBe(before.version + 1);
      return meta(path).epoch - before.epoch;
    };
    expect(await moved(document({ key: 'a', acl: only('audience:space') }))).toBe(1); // a new acl
    expect(await moved(document({ key: 'b', acl: only('audience:space') }))).toBe(0);
    expect(await moved(container('audience:space'))).toBe(1); // what others are decided by appears
    expect(await moved(container('audience:space'))).toBe(0);
    expect(await moved(document({ key: 'c', acl: only('user:a') }), container('user:a'))).toBe(1);
    expect(await moved({ type: 'acl', key: 'b', acl: only('user:a') })).toBe(0); // nobody is decided by a document
    expect(await moved({ type: 'acl', key: 'space', acl: only('audience:space') })).toBe(1);
    expect(await moved({ type: 'delete', key: 'b' })).toBe(0);
    expect(await moved({ type: 'delete', key: 'space' })).toBe(1);
    expect(await moved(eng('user:a'))).toBe(1);
    expect(await moved(eng('user:a', 'user:a'))).toBe(0);
    expect(await moved({ type: 'members', group: 'eng', members: { unknown: '403' } })).toBe(1);
    expect(await moved({ type: 'members', group: 'eng', members: { unknown: '429' } })).toBe(0);
    expect(await moved(eng('user:a'))).toBe(1);
    expect(await moved(eng())).toBe(1);
    expect(await moved({ type: 'unchanged' })).toBe(1); // a directory decides from when it was first read
    expect(await moved({ type: 'unchanged' }, { type: 'listing' }, { type: 'checkpoint', cursor: 1 })).toBe(0);
  });

  test('a member that left is gone from the rows a reader decides by', async () => {
    const path = anIndex();
    const store = await opened(path);
    const rows = () =>
      asked<{ name: string }>(
        path,
        'SELECT principal.name FROM member JOIN principal ON principal.id = member.member ORDER BY name',
      );
    await sync(store, [{ type: 'members', group: 'eng', members: ['user:ada', 'user:bob'] }]);
    await sync(store, [{ type: 'members', group: 'eng', members: ['user:bob'] }]);
    expect(rows()).toEqual([{ name: 'bob' }]);
    await sync(store, [{ type: 'members', group: 'eng', members: { unknown: '403' } }], { at: 9000 });
    expect(rows()).toEqual([{ name: 'bob' }]);
    expect(asked(path, 'SELECT listed_at, unknown FROM member_group')).toEqual([{ listed_at: 1000, unknown: '403' }]);
  });
});

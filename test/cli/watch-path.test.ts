import { appendFile, chmod, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, onTestFinished, test, vi } from 'vitest';

import { watchPath, type WatchPathOptions } from '../../src/cli/watch-path.ts';
import { aFolder } from '../support/a-folder.ts';

const skips = (name: string): boolean => name.startsWith('.') && name !== '.acl.yaml';

/** Watches a path and counts how often it rang. */
const watching = async (path: string, given: Partial<WatchPathOptions> = {}) => {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  let rings = 0;
  const told: string[] = [];
  await watchPath(
    { path, skips },
    {
      ring: () => (rings += 1),
      tell: (what) => told.push(what),
      except: join(path, 'data'),
      signal: stop.signal,
      pace: { look: 50, lookOver: 50 },
      ...given,
    },
  );
  return {
    told,
    stop,
    rings: () => rings,
    /** It rings because of this. */
    hears: async (change: () => Promise<unknown>): Promise<boolean> => {
      const before = rings;
      await change();
      return vi.waitUntil(() => rings > before, { timeout: 5_000, interval: 5 });
    },
    /** Nothing was heard of this when something later is. */
    ignores: async (change: () => Promise<unknown>, later: () => Promise<unknown>): Promise<number> => {
      const before = rings;
      await change();
      await later();
      await vi.waitUntil(() => rings > before, { timeout: 5_000, interval: 5 });
      return rings - before;
    },
  };
};

const aTree = async (): Promise<string> => {
  const root = join(await aFolder(), 'wiki');
  await mkdir(join(root, 'eng', 'on call'), { recursive: true });
  await writeFile(join(root, 'eng', 'plan.md'), 'spring');
  return root;
};

test('it rings for what is written, made, moved and deleted anywhere in a tree', async () => {
  const root = await aTree();
  const { hears, told } = await watching(root);
  await hears(() => writeFile(join(root, 'eng', 'plan.md'), 'summer'));
  await hears(() => appendFile(join(root, 'eng', 'plan.md'), 's'));
  await hears(() => chmod(join(root, 'eng', 'plan.md'), 0o600));
  await hears(() => writeFile(join(root, 'eng', 'on call', '.acl.yaml'), 'allow: []'));
  await hears(() => rename(join(root, 'eng', 'plan.md'), join(root, 'eng', 'old.md')));
  await hears(() => rm(join(root, 'eng', 'old.md')));
  await hears(() => rm(join(root, 'eng', 'on call'), { recursive: true }));
  expect(told).toEqual([]);
});

test('it rings for what is in folders that are made later, and in one put into the place of another', async () => {
  const root = await aTree();
  const { hears } = await watching(root);
  await hears(() => mkdir(join(root, 'a', 'b', 'c'), { recursive: true }));
  await hears(() => writeFile(join(root, 'a', 'b', 'c', 'deep.md'), 'x'));
  await hears(() => rename(join(root, 'eng'), join(root, 'gone')));
  await hears(() => rename(join(root, 'a'), join(root, 'eng')));
  await hears(() => writeFile(join(root, 'eng', 'b', 'c', 'deep.md'), 'y'));
  expect(await hears(() => writeFile(join(root, 'gone', 'plan.md'), 'z'))).toBe(true);
});

test('it rings when the path itself goes, comes back, and is replaced, and for what is in it then', async () => {
  const root = await aTree();
  const { hears } = await watching(root);
  await hears(() => rename(root, `${root}-away`));
  await hears(() => rename(`${root}-away`, root));
  await hears(() => writeFile(join(root, 'eng', 'plan.md'), 'back'));
  await mkdir(`${root}-new/sub`, { recursive: true });
  await hears(async () => {
    await rename(root, `${root}-old`);
    await rename(`${root}-new`, root);
  });
  expect(await hears(() => writeFile(join(root, 'sub', 'new.md'), 'x'))).toBe(true);
});

test('it follows a link that is the path, to wherever it leads by now, and none in the tree', async () => {
  const root = await aTree();
  const other = await aTree();
  const link = join(await aFolder(), 'current');
  await symlink(root, link);
  await symlink(other, join(root, 'elsewhere'));
  const { hears, ignores } = await watching(link);
  await ignores(
    () => writeFile(join(other, 'eng', 'plan.md'), 'x'),
    () => writeFile(join(root, 'eng', 'plan.md'), 'y'),
  );
  await hears(async () => {
    await symlink(other, `${link}-next`);
    await rename(`${link}-next`, link);
  });
  expect(await hears(() => writeFile(join(other, 'eng', 'plan.md'), 'z'))).toBe(true);
});

test('it rings for a file that is appended to, replaced by renaming, and was not there at first', async () => {
  const path = join(await aFolder(), 'lines.jsonl');
  const { hears } = await watching(path);
  await hears(() => writeFile(path, '{}\n'));
  await hears(() => appendFile(path, '{}\n'));
  await writeFile(`${path}.new`, '{}\n{}\n');
  await hears(() => rename(`${path}.new`, path));
  expect(await hears(() => rm(path))).toBe(true);
});

test('it passes over names that nobody reads, and the data folder', async () => {
  const root = await aTree();
  await mkdir(join(root, '.git'));
  await mkdir(join(root, 'data'));
  const { ignores } = await watching(root);
  const rings = await ignores(
    async () => {
      await writeFile(join(root, '.git', 'index'), 'x');
      await writeFile(join(root, 'eng', '.plan.md.swp'), 'x');
      await writeFile(join(root, 'data', 'index.db-wal'), 'x');
    },
    () => writeFile(join(root, 'eng', 'plan.md'), 'x'),
  );
  expect(rings).toBeLessThanOrEqual(2); // of the one file: it was emptied, and it was written
});

test('a tree of more folders than can be watched is looked over, which is told once', async () => {
  const root = await aTree();
  const { hears, told } = await watching(root, { foldersMax: 2 });
  expect(told).toEqual([`${root} is looked over every few seconds, since it has more than 2 folders.`]);
  await hears(() => writeFile(join(root, 'eng', 'on call', 'rota.md'), 'x'));
  await hears(() => rename(root, `${root}-away`));
  await hears(() => rename(`${root}-away`, root));
  await hears(() => appendFile(join(root, 'eng', 'on call', 'rota.md'), 'x'));
  expect(told).toHaveLength(1);
});

test('nothing rings any more once it is told to stop', async () => {
  const root = await aTree();
  const { stop, rings, hears } = await watching(root);
  await hears(() => writeFile(join(root, 'eng', 'plan.md'), 'x'));
  const other = await watching(root);
  stop.abort();
  await vi.waitFor(async () => {
    const before = rings();
    await other.hears(() => appendFile(join(root, 'eng', 'plan.md'), 'x'));
    expect(rings()).toBe(before);
  });
});

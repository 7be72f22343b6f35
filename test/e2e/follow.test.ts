import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { expect, onTestFinished, test, vi } from 'vitest';

import { processStarted } from '../../src/store/sqlite/writing/process-alive.ts';
import { aClient, type AClient, serveArguments } from '../support/a-client.ts';
import { environment, LAUNCHER } from '../support/a-command.ts';
import { type APlace, aPlace, ORGANISATION } from '../support/a-place.ts';
import { ADA, search } from '../support/a-served-place.ts';

vi.setConfig({ testTimeout: 60_000 }); // the program is started several times

/** So soon a change is to be heard of. */
const SOON = { timeout: 5_000, interval: 50 };
/** So long a process may take to start, and to read for the first time. */
const STARTED = { timeout: 30_000, interval: 50 };
const PLAN = { query: 'spring' };

/** A place with a tree of files, not read yet. */
const aTree = async (): Promise<APlace> => {
  const place = await aPlace([]);
  onTestFinished(() => place.remove());
  await place.configure(
    `${ORGANISATION}sources: { wiki: { connector: files, root: ./wiki, people: ./people.yaml } }\nembedding: { provider: none }\n`,
  );
  await writeFile(join(place.folder, 'people.yaml'), `accounts: [{ id: ada, emails: [${ADA}] }]\n`);
  await mkdir(join(place.folder, 'wiki'));
  await writeFile(join(place.folder, 'wiki', 'plan.md'), 'We move in spring.');
  await allow(place, 'user:ada');
  return place;
};

const allow = (place: APlace, principal: string): Promise<void> =>
  writeFile(join(place.folder, 'wiki', '.acl.yaml'), `allow: ['${principal}']\ndeny: []\n`);

const serving = async ({ config, data }: APlace): Promise<AClient> => {
  const client = await aClient('2026-07-28', { config, data, who: ADA, follows: true });
  onTestFinished(() => client.close());
  return client;
};

const found = async (client: AClient): Promise<readonly string[]> => (await search(client, PLAN)).ids;

test('a server reads its sources by itself, and closes what a permission file closes within seconds', async () => {
  const place = await aTree();
  const ada = await serving(place);
  await expect.poll(() => found(ada), STARTED).toEqual(['wiki:plan.md']);
  await allow(place, 'user:bob');
  await expect.poll(() => found(ada), SOON).toEqual([]);
  await allow(place, 'user:ada');
  await expect.poll(() => found(ada), SOON).toEqual(['wiki:plan.md']);
  await writeFile(join(place.folder, 'people.yaml'), 'accounts: []\n'); // outside the tree
  await expect.poll(() => found(ada), SOON).toEqual([]);
});

/** A server in a process of its own, and the process that follows for it. */
const aServer = async (place: APlace) => {
  const server = spawn(process.execPath, [LAUNCHER, ...serveArguments({ ...place, who: ADA, follows: true })], {
    stdio: ['pipe', 'ignore', 'pipe'],
    env: environment(),
  });
  onTestFinished(() => void server.kill('SIGKILL'));
  let stderr = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(server, 'close');
  const pid = server.pid ?? 0;
  const children = (): number[] =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  const [child = 0] = await vi.waitFor(() => {
    const found = children();
    expect(found).toHaveLength(1);
    return found;
  }, STARTED);
  return { server, ended, child, stderr: () => stderr };
};

test('a server that is killed leaves no process behind that follows for it', async () => {
  const { server, ended, child } = await aServer(await aTree());
  server.kill('SIGKILL');
  await ended;
  await vi.waitUntil(() => processStarted(child) === undefined, STARTED);
  expect(processStarted(child)).toBeUndefined();
});

test.each(['SIGTERM', 'SIGKILL'] as const)('a server says when what follows for it was stopped by %s', async (signal) => {
  const place = await aTree();
  const { child, stderr } = await aServer(place);
  await vi.waitFor(async () => expect((await place.run(['status'])).stdout).toContain('complete'), STARTED);
  process.kill(child, signal);
  await vi.waitFor(() => expect(stderr()).toContain('The sources are not followed now'), STARTED);
  expect(stderr()).toContain('It is started again.');
});

test('a server that is stopped together with what follows for it says nothing of that', async () => {
  const place = await aTree();
  const { server, ended, child, stderr } = await aServer(place);
  await vi.waitFor(async () => expect((await place.run(['status'])).stdout).toContain('complete'), STARTED);
  server.kill('SIGINT');
  process.kill(child, 'SIGINT');
  expect(await ended).toEqual([0, null]);
  expect(stderr()).toMatch(/^Nothing of wiki was read yet\. .*\nCastellan \S+ answers for \S+ over stdio\.\n$/u);
});

/** `sync --watch`, and what it says of each of its runs. */
const watching = ({ config, data }: APlace) => {
  const argv = [LAUNCHER, 'sync', '--watch', '--json', '--config', config, '--data', data];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'], env: environment() });
  const ended = once(child, 'close');
  onTestFinished(() => void child.kill('SIGKILL'));
  const runs: unknown[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => runs.push(JSON.parse(line)));
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return {
    runs,
    stderr: () => stderr,
    stop: async (): Promise<unknown> => {
      child.kill('SIGTERM');
      return ended;
    },
  };
};

test('two processes that watch one source read each change once, a thousand at a time, and end well', async () => {
  const place = await aTree();
  const [one, other] = [watching(place), watching(place)];
  const runs = (): unknown[] => [...one.runs, ...other.runs];
  await vi.waitUntil(() => runs().length > 0, STARTED);
  const ada = await aClient('2026-07-28', { ...place, who: ADA });
  onTestFinished(() => ada.close());
  for (let number = 0; number < 1_000; number += 1) {
    await writeFile(join(place.folder, 'wiki', 'plan.md'), `We move in spring ${number}.`);
  }
  await writeFile(join(place.folder, 'wiki', 'last.md'), 'Last in spring.');
  await expect.poll(() => found(ada), STARTED).toEqual(['wiki:last.md', 'wiki:plan.md']);
  expect(runs().length).toBeLessThan(12);
  const ended = await Promise.all([one.stop(), other.stop()]);
  expect([...ended, one.stderr(), other.stderr()]).toEqual([[0, null], [0, null], '', '']); // together, so that why is seen
});

test('a tree that is gone is told once and deletes nothing, and one that is put into its place is read', async () => {
  const place = await aTree();
  const watched = watching(place);
  await vi.waitUntil(() => watched.runs.length > 0, STARTED);
  const root = join(place.folder, 'wiki');
  await rename(root, `${root}-away`);
  await vi.waitFor(() => expect(watched.runs.at(-1)).toMatchObject({ status: 'failed', deleted: 0 }), SOON);
  await writeFile(join(`${root}-away`, 'new.md'), 'New in spring.');
  await rename(`${root}-away`, root);
  await vi.waitFor(() => expect(watched.runs.at(-1)).toMatchObject({ status: 'complete', read: 2, deleted: 0 }), SOON);
  expect(await watched.stop()).toEqual([0, null]);
  expect(watched.stderr().match(/cannot be read/gu)).toHaveLength(1);
});

test('what cannot be accepted beforehand is refused', async () => {
  const { code, stderr } = await (await aTree()).run(['sync', '--watch', '--accept-deletions']);
  expect([code, stderr]).toEqual([
    2,
    'What is deleted unseen cannot be accepted beforehand. Run: castellan sync --accept-deletions, and then castellan sync --watch\n',
  ]);
});

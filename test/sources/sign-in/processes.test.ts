import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';

import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';

import { openCredentials } from '../../../src/store/sqlite/ledger/credentials.ts';
import { aProvider } from '../../support/a-provider.ts';
import { type ASignedInSource, aSignedInSource } from '../../support/a-signed-in-source.ts';
import { ROOT } from '../../support/source-tree.ts';

const HOUR = 3_600_000;
const CHILD = join(ROOT, 'test', 'support', 'renewing-process.ts');

interface Doing {
  readonly ahead?: number;
  readonly stops?: boolean;
  readonly keys?: string;
  readonly dies?: boolean;
  readonly times?: number;
}

/** Another process on the same data folder asks for the pages. */
const started = (
  { folder, url }: ASignedInSource,
  provider: string,
  { ahead = 0, dies = false, stops = false, times = 1, keys }: Doing = {},
): { readonly goOn: () => void; readonly said: Promise<string[]> } => {
  const child = spawn(process.execPath, [CHILD], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdin.end(JSON.stringify({ folder, settings: { by: 'oauth', url, provider }, ahead, dies, stops, times, keys }));
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = once(child, 'close');
  return {
    goOn: () => void child.kill('SIGCONT'),
    said: ended.then(() => (said === '' ? [] : z.array(z.string()).parse(JSON.parse(said)))),
  };
};

/** What came of it; nothing when it was killed. */
const aProcess = (...given: Parameters<typeof started>): Promise<string[]> => started(...given).said;

const connected = async () => {
  const provider = await aProvider();
  const source = await aSignedInSource({ provider, settings: { by: 'oauth' } });
  await source.connect();
  return { source, provider };
};

describe('of processes that find an access token over at the same time', () => {
  test('one renews it, and all go on with what it got', async () => {
    const { source, provider } = await connected();
    const answers = await Promise.all([1, 2, 3].map(() => aProcess(source, provider.url, { ahead: HOUR, times: 3 })));
    expect(answers).toEqual([1, 2, 3].map(() => ['200', '200', '200']));
    expect(provider.given).toEqual(['authorization_code', 'refresh_token']);
    expect(provider.denied).toEqual([]);
    expect(new Set(source.arrived.map(({ headers }) => headers['authorization'])).size).toBe(1);
  });

  test('one waits for the other as long as that lives', async () => {
    const { source, provider } = await connected();
    const credentials = openCredentials({ path: source.folder.ledger });
    const mine = { source: 'wiki', holder: 'this test' };
    await credentials.claim({ ...mine, at: Date.now() + HOUR });
    const waiting = aProcess(source, provider.url, { ahead: HOUR });
    const { ask } = source.open();
    source.clock.now += HOUR;
    const here = ask();
    await new Promise((resolve) => setTimeout(resolve, 500)); // they may look, and find it held
    expect(provider.given).toEqual(['authorization_code']);
    await credentials.release(mine);
    await credentials.close();
    expect([await here, ...(await waiting)]).toEqual([200, '200']);
    expect(provider.given).toEqual(['authorization_code', 'refresh_token']);
  });
});

describe('a process that is killed', () => {
  test('while it holds the right to renew leaves it to the next at once', async () => {
    const { source, provider } = await connected();
    provider.broken = (response) => void response.writeHead(503).end();
    expect(await aProcess(source, provider.url, { ahead: HOUR, dies: true })).toEqual([]);
    provider.broken = undefined;
    expect(await aProcess(source, provider.url, { ahead: HOUR })).toEqual(['200']);
    expect(provider.given).toEqual(['authorization_code', 'refresh_token']);
  });

  test('between an answer and keeping it leaves what is over: that is said once, and nobody asks again', async () => {
    const { source, provider } = await connected();
    expect(await aProcess(source, provider.url, { ahead: HOUR, dies: true })).toEqual([]);
    expect(provider.given).toEqual(['authorization_code', 'refresh_token']);
    const over =
      'wiki does not let Castellan in any more: what it signed in with is over (invalid_grant). Run: castellan connect wiki';
    expect(await aProcess(source, provider.url, { ahead: HOUR, times: 2 })).toEqual([over, over]);
    expect(provider.denied).toEqual(['refresh_token']);
    await source.connect();
    expect(await aProcess(source, provider.url)).toEqual(['200']);
  });
});

test('while the key is exchanged, what another process is renewing with the old one is not lost', async () => {
  const provider = await aProvider();
  const [old = '', next = ''] = [1, 2].map(() => randomBytes(32).toString('base64'));
  const env: Record<string, string> = { CASTELLAN_KEY: old };
  const source = await aSignedInSource({ provider, settings: { by: 'oauth' }, env });
  await source.connect();
  // To one it is over in half a minute, and to the other, whose clock is a little behind, later than anybody renews.
  const other = started(source, provider.url, { ahead: HOUR - 30_000, stops: true, keys: old });
  await vi.waitFor(() => expect(provider.given).toContain('refresh_token'), { timeout: 30_000 });
  env['CASTELLAN_KEY'] = `${next},${old}`;
  source.clock.now += HOUR - 100_000;
  const here = source.open();
  expect(await here.ask()).toBe(200); // with what is kept, sealed with the old key, whose refresh token is used up
  const goingOn = setInterval(other.goOn, 100); // it may not have stopped yet
  expect(await other.said).toEqual(['200']);
  clearInterval(goingOn);
  expect(await here.ask()).toBe(200);
  source.clock.now += 2 * HOUR;
  expect(await here.ask()).toBe(200); // renewed with what the other one kept
  expect([provider.given, provider.denied]).toEqual([['authorization_code', 'refresh_token', 'refresh_token'], []]);
  env['CASTELLAN_KEY'] = next;
  expect(await source.open().ask()).toBe(200);
});

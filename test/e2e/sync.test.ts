import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';

import { openStore } from '../../src/store/sqlite/index-store.ts';
import { environment, LAUNCHER } from '../support/a-command.ts';
import { accountLine, type APlace, aPlace, ORGANISATION, whole } from '../support/a-place.ts';
import { aclOf, documentLine, jsonLines } from '../support/json-lines.ts';

const place = async (...given: Parameters<typeof aPlace>): Promise<APlace> => {
  const made = await aPlace(...given);
  onTestFinished(() => made.remove());
  return made;
};

const someLines = whole([accountLine('ada'), documentLine(), documentLine({ key: 'secret', acl: { unknown: 'nobody said' } })]);
const seconds = /\d+\.\d s/u;

describe('the summary', () => {
  test('says what was read, what nobody sees and what waits', async () => {
    const { code, stdout, stderr } = await (await place(someLines)).run(['sync']);
    expect({ code, stderr, stdout: stdout.replace(seconds, 'X s') }).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "wiki   2 read   2 changed   0 deleted   0 problems   X s   complete
        dark     1 document nobody can see: 1 has unknown permissions
      ",
      }
    `);
  });

  test('has a stable shape as JSON, with the option before the command or after it', async () => {
    const here = await place(someLines);
    const { stdout } = await here.run(['--json', 'sync', 'wiki']);
    expect(stdout.split('\n')).toHaveLength(2);
    expect(JSON.parse(stdout.replace(/"seconds":[\d.]+/u, '"seconds":0'))).toMatchInlineSnapshot(`
      {
        "refused": [],
        "sources": [
          {
            "changed": 2,
            "chunks": 2,
            "dark": {
              "container_absent": 0,
              "group_never_listed": 0,
              "org_without_directory": 0,
              "unknown_acl": 1,
            },
            "deleted": 0,
            "denied_by_account": 0,
            "documents": 2,
            "outdated": 0,
            "problem_list": [],
            "problems": 0,
            "read": 2,
            "seconds": 0,
            "source": "wiki",
            "status": "complete",
            "waiting_for_vectors": 2,
          },
        ],
      }
    `);
    expect(Object.keys(JSON.parse((await here.run(['sync', '--json'])).stdout))).toEqual(Object.keys(JSON.parse(stdout)));
  });

  test('of a source with one bad line names the line, and ends with 1', async () => {
    const here = await place(`${jsonLines([documentLine()])}{"type":"document"\n`);
    const { code, stdout, stderr } = await here.run(['sync']);
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout).toMatch(/^wiki   1 read   1 changed   0 deleted   1 problem   [\d.]+ s   partial\n {2}problem {2}.*line 2/u);
  });

  test('of a source that fails is given, and the other sources are read', async () => {
    const here = await place(someLines);
    await here.configure(
      `${ORGANISATION}sources:\n  gone: { connector: jsonl, path: ./gone.jsonl }\n  wiki: { connector: jsonl, path: ./wiki.jsonl }\nembedding: { provider: none }\n`,
    );
    const { code, stdout } = await here.run(['sync', '--json']);
    const { sources } = z
      .looseObject({ sources: z.array(z.looseObject({ source: z.string(), status: z.string(), read: z.number() })) })
      .parse(JSON.parse(stdout));
    expect(code).toBe(1);
    expect(sources).toMatchObject([
      { source: 'gone', status: 'failed', read: 0 },
      { source: 'wiki', status: 'complete', read: 2 },
    ]);
  });
});

describe('a source', () => {
  test('that another process syncs is refused in one sentence', async () => {
    const here = await place(someLines);
    await here.run(['status']); // makes the data folder
    const store = await openStore({ path: join(here.data, 'index.db'), now: () => Date.now() });
    onTestFinished(() => store.close());
    await store.open('wiki', 'jsonl', Date.now());
    const { code, stdout, stderr } = await here.run(['sync']);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/wiki.*sync/u);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  test('that is not configured is refused, and those that are get named', async () => {
    expect(await (await place(someLines)).run(['sync', 'wikki'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'The configuration has no source wikki. It has wiki.\n',
    });
  });
});

/** Polls, because the index tells nobody of its commits. */
const somethingIsWritten = async (data: string): Promise<void> => {
  for (;;) {
    const { size } = await stat(join(data, 'index.db-wal')).catch(() => ({ size: 0 }));
    if (size > 500_000) return;
    await pause(5);
  }
};

describe('an interrupted sync', () => {
  /** Enough that it is still being read when something of it is on disk. */
  const MANY = 6_000;
  const long = whole(Array.from({ length: MANY }, (_, at) => documentLine({ key: `k${at}`, text: `Number ${at} of many.` })));

  test('ends with 130, has lost nothing, and is finished by the next', { timeout: 60_000 }, async () => {
    const here = await place(long);
    const child = spawn(process.execPath, [LAUNCHER, 'sync', '--config', here.config, '--data', here.data], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environment(),
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const ended = once(child, 'close');
    await somethingIsWritten(here.data);
    child.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
    expect(stderr).toBe('Interrupted. What was committed stays; run the command again to go on.\n');
    const status = await here.run(['status', '--json']);
    expect(JSON.parse(status.stdout)).toMatchObject({ sources: [{ running: false, last_run: { status: 'partial' } }] });
    const again = await here.run(['sync', '--json']);
    expect(again.code).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({ sources: [{ status: 'complete', documents: MANY }] });
  });
});

test('a reader that hangs up early ends nothing badly', async () => {
  const here = await place(someLines);
  await here.run(['sync']);
  const argv = ['search', 'spring', '--as', 'ada@acme.test', '--config', here.config, '--data', here.data];
  const child = spawn(process.execPath, [LAUNCHER, ...argv], { stdio: ['ignore', 'pipe', 'pipe'], env: environment() });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdout.destroy();
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(stderr).toBe('Found by words alone: there is no model to search by meaning.\n');
});

test('a document steers nobody’s terminal', async () => {
  const title = 'Plan\u001b[2J\u009b1m';
  const here = await place(whole([documentLine({ title, text: 'spring \u001b]0;owned\u0007', acl: aclOf(['public']) })]));
  await here.run(['sync']);
  for (const command of [
    ['search', 'spring'],
    ['fetch', 'wiki:plan'],
    ['search', 'spring', '--json'],
  ]) {
    const { code, stdout } = await here.run([...command, '--as', 'ada@acme.test']);
    expect(code).toBe(0);
    // oxlint-disable-next-line no-control-regex -- these are what must not be there
    expect(stdout).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/u);
    expect(stdout).toContain('spring');
  }
});

test(
  'status says when each kind was brought and is due, and a whole listing is made when somebody wants it',
  { timeout: 120_000 },
  async () => {
    const here = await place(someLines);
    await here.run(['sync']);
    const scheduled = async () => {
      const { stdout } = await here.run(['status', '--json']);
      const times = z.object({ brought_at: z.iso.datetime(), due_at: z.iso.datetime() });
      const kinds = z.object({ listing: times, permissions: times, content: times });
      const read = z
        .object({ sources: z.tuple([z.looseObject({ schedule: kinds, retry_at: z.null() })]) })
        .parse(JSON.parse(stdout));
      return read.sources[0].schedule;
    };
    const { listing, permissions, content } = await scheduled();
    expect([listing, permissions, content].map(hoursOf)).toEqual([24, 0.5, 0.5]);
    expect((await here.run(['status'])).stdout).toMatch(
      /^ {2}brought {2}listing \d+ s ago, due in 24 h {3}permissions .* {3}content .*due in 30 min$/mu,
    );

    await here.run(['sync', '--whole']);
    expect(Date.parse((await scheduled()).listing.brought_at)).toBeGreaterThan(Date.parse(listing.brought_at));
  },
);

const hoursOf = ({ brought_at: from, due_at: to }: { readonly brought_at: string; readonly due_at: string }): number =>
  (Date.parse(to) - Date.parse(from)) / 3_600_000;

import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';

import { describe, expect, onTestFinished, test } from 'vitest';

import { openKeys } from '../../src/store/keys.ts';
import { openLedger } from '../../src/store/sqlite/ledger/ledger.ts';
import { openProposals } from '../../src/store/sqlite/ledger/proposals.ts';
import type { Write } from '../../src/store/store.ts';
import { aFolder } from '../support/a-folder.ts';
import { ADA, aPatient, CONFIG, doctorIn, HOUR, NOW, random, type Sick, SOURCE } from '../support/a-patient.ts';
import { only } from '../support/builders.ts';
import { tamper } from '../support/tampering.ts';
import { document } from '../support/new-document.ts';

test('a place that is well is said to be', async () => {
  const { run } = await aPatient();
  const { code, stdout } = await run();
  expect(code).toBe(0);
  expect(stdout.replace(/v\d+\.\d+\.\d+/u, 'v24').replace(/[\d.]+ GB/u, '50.0 GB')).toMatchInlineSnapshot(`
    "ok  node           v24
    ok  configuration  1 source, acme.test
    ok  data folder    /place/data, its owner’s alone, 50.0 GB free
    ok  key            read from the data folder
    ok  index          whole
    ok  audit          1 row, consistent
    ok  wiki           1 document, read 30 min ago
    ok  wiki           Of 1 active account, 0 are linked; the rest: 1 whose person has not asked yet (ada).
    ok  embedding      off: everything is found by words
    ok  identity       tokens of this server’s own
    ok  server         127.0.0.1:0 is free
    ok  clock          nothing in the index is of the future
    All is well.
    "
  `);
});

test('looking changes nothing and makes nothing', async () => {
  const { run, data } = await aPatient();
  const contents = async () => {
    const names = (await readdir(data)).filter((name) => !/-(?:wal|shm)$/u.test(name)).toSorted(); // the engine's own
    return Promise.all(names.map(async (name) => [name, (await readFile(join(data, name))).toString('base64')]));
  };
  const before = await contents();
  await run();
  expect(await contents()).toEqual(before);

  const empty = await aFolder();
  const { found } = doctorIn(empty);
  expect(await found()).toMatchInlineSnapshot(`
    [
      1,
      "fail configuration: There is no /place/castellan.yaml. Write one with castellan init, or name it: --config <file> → ",
      "warn data folder: It is not there yet. → castellan sync",
      "warn index: It is not there yet. → castellan sync",
    ]
  `);
  expect(await readdir(empty)).toEqual([]);
});

test('writes of which nobody can say whether they were made wait for somebody who looks', async () => {
  const { found, opened } = await aPatient();
  const proposals = openProposals({ path: opened.ledger, holder: 'one' });
  for (const id of ['ab'.repeat(16), 'cd'.repeat(16)]) {
    await proposals.add({ id, proposer: new Uint8Array(32), at: NOW, expiresAt: NOW + 1, content: new Uint8Array(1) });
    await proposals.take(id, 'proposed', NOW);
  }
  expect(await found()).toEqual([0]); // they are being made
  await proposals.end('ab'.repeat(16), 'uncertain', NOW);
  await proposals.letGo('cd'.repeat(16));
  await proposals.close();
  expect(await found()).toEqual([
    0,
    'warn writes: Of 2 writes nobody can say whether they were made. → look at the source, and say what you found: castellan settle',
  ]);
});

describe('of a directory it says', () => {
  const config = CONFIG.replace('server:', 'identity: { mode: local, directory: wiki }\nserver:');
  const said = async (sick: Sick): Promise<string> => {
    const { run } = await aPatient({ config, ...sick });
    return (await run()).stdout.split('\n').find((line) => / directory /u.test(line)) ?? '';
  };
  const GONE: Write = { type: 'account', account: { id: 'bob', emails: [], active: false, kind: 'member' } };
  const WHOLE: Write = { type: 'unchanged' };

  test('whom it holds', async () => {
    const staff: Write = { type: 'members', group: 'staff', members: [] };
    expect(await said({ writes: [ADA, GONE, staff, WHOLE] })).toMatch(/^ok .* wiki: 1 active person, 1 inactive, 1 group$/u);
  });

  test('that it was never read to its end', async () => {
    expect(await said({})).toMatch(/^fail .* wiki was never read to its end: until then nobody sees anything\.$/u);
  });

  test('that it is too old to decide', async () => {
    const late = await said({ writes: [ADA, WHOLE], at: NOW - 30 * HOUR });
    expect(late).toMatch(/^fail .* wiki is 30 h old and promised within 24 h: whom it did not confirm since sees nothing\.$/u);
  });

  test('that it lists nobody', async () => {
    expect(await said({ writes: [GONE, WHOLE] })).toMatch(/^warn .* wiki lists no active person, so nobody is everyone\.$/u);
  });
});

describe('it finds', () => {
  test('a wrong configuration, and goes on with what needs none', async () => {
    const { found } = await aPatient({ config: 'sources: {}\n' });
    expect(await found()).toEqual([1, expect.stringMatching(/^fail configuration: castellan\.yaml: organisation is missing/u)]);
  });

  test('a schedule that is slower than its promise', async () => {
    const slow = 'path: ./wiki.jsonl, freshness: { permissions: { within: 40m } }, schedule: { permissions: 1h, content: 1h }';
    const { found } = await aPatient({ config: CONFIG.replace('path: ./wiki.jsonl', slow) });
    const [, ...told] = await found();
    expect(told.filter((line) => String(line).includes('brought every'))).toEqual([
      'warn wiki: Its permissions are brought every 60 min and promised within 40 min: between two runs what is older is hidden from everybody. → Set sources.wiki.schedule.permissions to half of its promise, or promise less.',
    ]);
  });

  test('a data folder that others may enter', async () => {
    const { data, found } = await aPatient();
    await chmod(data, 0o755);
    // Once, and without a remedy that would not work either.
    expect(await found()).toEqual([
      1,
      expect.stringMatching(/^fail data folder: \/place\/data is open to other users \(mode 0755\)/u),
    ]);
  });

  test('a damaged index, and one that is missing', async () => {
    const { opened, found } = await aPatient();
    await writeFile(opened.index, 'no database at all, and long enough to be taken for one'.repeat(100));
    expect(await found()).toEqual(expect.arrayContaining([1, expect.stringMatching(/^fail index: The index .* is damaged/u)]));
    for (const name of await readdir(join(opened.path))) if (name.startsWith('index.db')) await rm(join(opened.path, name));
    expect(await found()).toEqual([
      0,
      'warn index: It is not there yet. → castellan sync',
      'warn wiki: Nothing of it was read yet. → castellan sync wiki',
    ]);
  });

  test('a key that is none', async () => {
    const { opened, found } = await aPatient();
    await writeFile(opened.key, 'secret\n');
    expect(await found()).toEqual(expect.arrayContaining([1, expect.stringMatching(/^fail key: .* must hold one key/u)]));
  });

  test('an audit that is shorter than its anchor says', async () => {
    const { opened, found, run } = await aPatient({ rows: 2 });
    const keys = await openKeys({ folder: opened, env: {}, random });
    const ledger = openLedger({ path: opened.ledger, keys: keys.ledger, random });
    const anchor = (await ledger.anchor(NOW)) ?? '';
    await ledger.close();
    await writeFile(opened.anchor, `${anchor}\n`, { mode: 0o600 });
    expect((await run()).stdout).toContain('2 rows, proven up to row 2');
    tamper(opened.ledger, 'DELETE FROM audit WHERE seq = 2; DELETE FROM personal WHERE seq = 2');
    expect(await found()).toEqual([
      1,
      expect.stringMatching(/^fail audit: It is broken at row 2: row 2 was cut off\. → castellan audit verify/u),
    ]);
  });

  test('a source that cannot be reached, and how its last run ended', async () => {
    const { folder, found } = await aPatient({ status: 'partial' });
    await rm(join(folder, 'wiki.jsonl'));
    expect((await found()).map((line) => String(line).replaceAll(folder, '/place'))).toMatchInlineSnapshot(`
      [
        "1",
        "fail wiki: /place/wiki.jsonl cannot be read (ENOENT). → Put it there or give this user the right to read it, then: castellan sync wiki",
        "warn wiki: The run 30 min ago ended partial: x: It is not valid UTF-8. Save it as UTF-8. → castellan status shows all; mend it, then: castellan sync wiki",
      ]
    `);
  });

  test('permissions past their promise', async () => {
    const { found } = await aPatient({ at: NOW - 30 * HOUR });
    expect(await found()).toEqual([
      1,
      'fail wiki: Its permissions are 30 h old and promised within 24 h: what is older is hidden from everybody. → castellan sync wiki',
      'warn wiki: Its content is 30 h old and promised within 60 min: what is older is labelled as not fresh. → castellan sync wiki',
    ]);
  });

  test('documents nobody can see, and accounts nobody can be told to be', async () => {
    const { found } = await aPatient({
      writes: [
        account('bob'),
        account('eve', 'eve@other.test'),
        account('may', 'may@acme.test'),
        account('may2', 'may@acme.test'),
        document({ key: 'a', acl: { unknown: 'it does not say' } }),
        document({ key: 'b', acl: only('group:eng') }),
      ],
    });
    expect(await found()).toMatchInlineSnapshot(`
      [
        0,
        "warn wiki: 2 documents nobody can see: permissions are unknown (it does not say) and nobody says who is in eng. → say who may see them and list its members, then: castellan sync wiki",
        "warn wiki: Of 4 active accounts, 0 are linked; the rest: 1 without an e-mail (bob), 1 with e-mails outside acme.test only (eve) and 2 whose e-mail another active account carries (may). → castellan identity list wiki",
      ]
    `);
  });

  test('a clock that was wrong', async () => {
    const { found } = await aPatient({ at: NOW + 3 * 24 * HOUR });
    expect(await found()).toEqual([0, expect.stringMatching(/^warn clock: The index holds times 3 days ahead of this clock/u)]);
  });

  test('a denied label that no document has, whatever its case', async () => {
    const { found } = await aPatient({ config: `${CONFIG}clients: { default: { deny_labels: [PUBLIC, secert] } }\n` });
    expect(await found()).toEqual([
      0,
      'warn policies: No document has the label secert. → correct deny_labels under clients, if it is misspelt',
    ]);
  });

  test('an issuer whose keys cannot be read', async () => {
    const issuer = createServer((socket) => socket.end('HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n'));
    const address = `http://127.0.0.1:${await listening(issuer)}`;
    const identity = `identity: { mode: resource, issuer: '${address}' }\nserver: { listen: 127.0.0.1:0, public_url: https://castellan.acme.test }\n`;
    const { found } = await aPatient({ config: `organisation: { name: Acme, domains: [acme.test] }\n${identity}${SOURCE}` });
    expect(await found()).toEqual([
      1,
      expect.stringMatching(/^fail identity: The keys of http:.* cannot be read: .*answered 500/u),
    ]);
  });

  test('a port that something else has taken', async () => {
    const other = createServer((socket) => socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n'));
    const port = await listening(other);
    const { found } = await aPatient({ config: CONFIG.replace('127.0.0.1:0', `127.0.0.1:${port}`) });
    expect(await found()).toEqual([0, expect.stringContaining(`127.0.0.1:${port} is taken by something else.`)]);
  });

  test('a server that would be open to the network without an address of its own', async () => {
    const { found } = await aPatient({ config: CONFIG.replace('127.0.0.1:0', '0.0.0.0:0') });
    expect(await found()).toEqual([
      1,
      expect.stringContaining('beyond this machine, without server.public_url. → set server.public_url'),
    ]);
  });

  test('more than one thing at once', async () => {
    const { found, data } = await aPatient({ at: NOW - 30 * HOUR, status: 'failed' });
    await mkdir(join(data, 'kept'), { mode: 0o700 });
    expect((await found()).length).toBe(4);
  });
});

const account = (id: string, ...emails: string[]): Write => ({
  type: 'account',
  account: { id, emails, active: true, kind: 'member' },
});

const listening = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
};

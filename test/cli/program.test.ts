import { Readable, Writable } from 'node:stream';

import { describe, expect, test } from 'vitest';

import type { Parts } from '../../src/cli/parts.ts';
import { runProgram } from '../../src/cli/program.ts';
import { createTerminal, type Stream } from '../../src/cli/terminal.ts';
import { AppError } from '../../src/core/errors.ts';
import { aStream } from '../support/a-stream.ts';

/** Parts that must not be built, or that fail as they are told. */
const partsThat = (fail: () => never): Parts => ({
  version: '1.2.3',
  now: () => 0,
  stdin: Readable.from([]),
  program: ['node'],
  company: '/nowhere',
  temporary: '/nowhere',
  examples: '',
  home: '',
  endpoint: async () => fail(),
  openIndex: async () => fail(),
  openDesk: async () => fail(),
  openHttp: async () => fail(),
  openTrail: async () => fail(),
  openExaminer: async () => fail(),
  openConnecting: async () => fail(),
  openAsking: async () => fail(),
  issueToken: async () => fail(),
  openPatient: () => fail(),
  openPeople: async () => fail(),
  openPreview: async () => fail(),
});

const unbuilt = partsThat(() => {
  throw new Error('a part was built');
});

const failing = (error: Error) => ({
  parts: partsThat(() => {
    throw error;
  }),
});

const full = (): Stream =>
  new Writable({ write: (_, __, done) => done(Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })) });

const run = async (argv: readonly string[], { parts = unbuilt, signal = new AbortController().signal } = {}) => {
  const [stdout, stderr] = [aStream(), aStream()];
  const code = await runProgram(argv, { parts, terminal: createTerminal({ stdout, stderr, colour: true }), signal });
  return { code, stdout: stdout.written(), stderr: stderr.written() };
};

describe('help', () => {
  test('of the program is a result', async () => {
    const { code, stdout, stderr } = await run(['--help']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatchInlineSnapshot(`
      "Usage: castellan [options] [command]

      Governed access to company data: everybody finds what they may see, and nothing
      else.

      Options:
        --version                     print the version
        --config <file>               the configuration file (default:
                                      "castellan.yaml")
        --data <folder>               the data folder: index, audit and keys (default:
                                      ".castellan")
        --json                        print the result as JSON
        --verbose                     when a command fails, print where
        --help                        show what a command does

      Commands:
        init [options] [path]         look at your data, write the configuration
        connect [options] <source>    let Castellan in at a source
        sync [options] [source...]    bring sources into the index, then an honest
                                      summary
        serve [options]               answer MCP clients
        attach [options] <client>     attach a client: what to paste, and where
        token [options]               let a client ask as one person, for minutes
        search [options] [query]      ask as one person
        fetch [options] <id>          read a document as one person
        ask [options] <question>      let a model answer one person
        write [options] [action]      write something in a source as one person
        approve [options] [proposal]  say yes or no to a write that waits
        settle [options] [proposal]   say what became of a write that is uncertain
        undo [options] <proposal>     take back what was written
        explain [options] <who> <id>  why somebody may see a document, or may not
        who-can [options] <id>        who can see a document
        verify [options] <source>     ask a source whether we decide as it does
        status                        sources, freshness and problems
        doctor                        what is wrong, and what mends it
        audit                         who asked what, and whether that record holds
        identity                      who is which account, and what a person must
                                      decide
        demo [options]                one question, two people, two answers: start
                                      here

      Start with: castellan demo
      "
    `);
  });

  test('of a command shows its options, the global ones and an example', async () => {
    const { code, stdout } = await run(['search', '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "Usage: castellan search [options] [query]

      Finds what one person may see, by words, by meaning and by its fields. What they
      may not see takes no part in the answer.

      Arguments:
        query                   what to look for; without it, all that meets --where,
                                the last changed first

      Options:
        --as <who>              who asks: a verified e-mail, or issuer|subject
        --source <name>         only in this source; may be given again
        --type <type>           only documents of this type; may be given again
        --updated-after <time>  only what its source changed after this: 2026-03-01,
                                or with a time of day
        --where <condition>     only what meets it: status=open, "amount>=1000",
                                "due_at<=2026-03-31", or assignee= for what has none;
                                may be given again
        --limit <number>        how many documents, 1 to 50
        --cursor <cursor>       go on where an earlier answer ended
        --help                  show what a command does

      Global Options:
        --version               print the version
        --config <file>         the configuration file (default: "castellan.yaml")
        --data <folder>         the data folder: index, audit and keys (default:
                                ".castellan")
        --json                  print the result as JSON
        --verbose               when a command fails, print where

      Example:
        castellan search "how do refunds work" --as ada@acme.test
        castellan search --where status=open --where "due_at<=2026-03-31" --type ticket --as ada@acme.test
      "
    `);
  });

  test('the version is a result', async () => {
    expect(await run(['--version'])).toEqual({ code: 0, stdout: '1.2.3\n', stderr: '' });
  });
});

describe('wrong usage ends with 2, says why on stderr, and builds nothing', () => {
  test.each([
    [[], 'Usage: castellan'],
    [['audit'], 'Usage: castellan audit'],
    [['serch', 'x'], "Unknown command 'serch'\n(Did you mean search?)"],
    [['search', 'x'], "Required option '--as <who>' not specified"],
    [['search', '--as', 'ada@acme.test'], 'Say what to look for, or give --where.'],
    [['search', '--as', 'ada@acme.test', '--where', 'status:open'], 'Give a field, one of = >= <=, and a value: status=open'],
    [['search', 'x', '--as', 'ada@acme.test', '--limit', 'many'], 'Give a whole number.'],
    [['fetch', 'a:b', '--as', 'ada@acme.test', '--fresh'], "Unknown option '--fresh'"],
    [['status', 'handbook'], 'Too many arguments for'],
    [['audit', 'list', '--limit', '0'], 'Give a whole number from 1 to'],
    [['search', 'x', '--limt', '1', '--as', 'ada@acme.test'], 'See: castellan search --help'],
    [['audit', 'list', '--limit', '0'], 'See: castellan audit list --help'],
    [['attach'], 'See: castellan attach --help'],
    [['sync', '--until-eof'], 'A single run ends by itself. Leave out --until-eof, or add --watch.'],
    [['token', '--as', 'ada@acme.test', '--port', '0'], 'It must be a number from 1 to 65535.'],
    [['serve', '--http', '--port', '65536'], 'It must be a number from 0 to 65535.'],
    [['attach', 'cursor', '--as', 'ada@acme.test', '--port', '8080'], 'Only a server over HTTP has a port: add --http,'],
    [['sync', '--config'], "Option '--config <file>' argument missing"],
  ])('%j', async (argv, why) => {
    const { code, stdout, stderr } = await run(argv);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(why);
    expect(stderr).not.toContain('a part was built');
  });
});

describe('a command that fails', () => {
  test('says one sentence, and no stack', async () => {
    const error = new AppError('unavailable', 'The index is damaged. Move it away and run: castellan sync');
    expect(await run(['status'], failing(error))).toEqual({
      code: 1,
      stdout: '',
      stderr: 'The index is damaged. Move it away and run: castellan sync\n',
    });
  });

  test.each(['config', 'invalid_input'] as const)('by %s is wrong usage', async (code) => {
    expect((await run(['status'], failing(new AppError(code, 'Mend it.')))).code).toBe(2);
  });

  test('says its code where JSON is asked for, before the command or after', async () => {
    const given = failing(new AppError('conflict', 'Busy.'));
    const said = { code: 1, stdout: '', stderr: '{"error":{"code":"conflict","message":"Busy."}}\n' };
    expect(await run(['--json', 'sync'], given)).toEqual(said);
    expect(await run(['sync', '--json'], given)).toEqual(said);
  });

  test('says with --verbose where, and what caused it', async () => {
    const error = new AppError('unavailable', 'It failed.', { cause: new TypeError('the cause') });
    const { stderr } = await run(['status', '--verbose'], failing(error));
    expect(stderr).toMatch(/^It failed\.\nAppError: It failed\.\n\s+at [^]*\nCaused by TypeError: the cause\n\s+at /u);
  });

  test('by a bug says so, and how to report it', async () => {
    const { code, stderr } = await run(['status'], failing(new TypeError('x is undefined')));
    expect([code, stderr]).toEqual([
      1,
      'Castellan failed where it should not: x is undefined. Run it again with --verbose and report what it prints.\n',
    ]);
  });

  test('because it was interrupted ends with 130', async () => {
    const given = { ...failing(new Error('aborted')), signal: AbortSignal.abort() };
    expect(await run(['sync'], given)).toEqual({
      code: 130,
      stdout: '',
      stderr: 'Interrupted. What was committed stays; run the command again to go on.\n',
    });
  });
});

test('a result that could not be written is not done', async () => {
  const stderr = aStream();
  const terminal = createTerminal({ stdout: full(), stderr, colour: false });
  const code = await runProgram(['--version'], { parts: unbuilt, terminal, signal: new AbortController().signal });
  expect([code, stderr.written()]).toEqual([1, 'The result could not be written (ENOSPC: no space left on device).\n']);
});

test.each([
  [['bogus', '--json'], "Unknown command 'bogus'"],
  [['search', 'x', '--json'], "Required option '--as <who>' not specified"],
  [['--json'], 'Name a command. See: castellan --help'],
])('a wrong usage is JSON where JSON is asked for: %j', async (argv, message) => {
  const { code, stdout, stderr } = await run(argv);
  expect([code, stdout, JSON.parse(stderr)]).toEqual([2, '', { error: { code: 'invalid_input', message } }]);
});

describe('serve', () => {
  test.each([
    [['serve'], 'Say how: castellan serve --http, or --stdio --as <who>'],
    [['serve', '--stdio'], 'Say for whom: castellan serve --stdio --as <who>'],
    [['serve', '--as', 'ada@acme.test'], 'Say how: castellan serve --http, or --stdio --as <who>'],
    [['serve', '--http', '--port', '70000'], 'It must be a number from 0 to 65535.'],
    [['serve', '--http', '--as', 'ada@acme.test'], 'cannot be used with'],
    [['serve', '--http', '--stdio'], 'cannot be used with'],
    [['serve', '--stdio', '--as', 'ada@acme.test', '--port', '80'], 'cannot be used with'],
  ])('told %j says what is wrong with that', async (words, sentence) => {
    const { code, stdout, stderr } = await run(words);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(sentence);
  });
});

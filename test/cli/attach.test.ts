import { readdirSync, readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { KNOWN_CLIENTS } from '../../src/cli/known-clients.ts';
import type { Endpoint, Parts, Trail } from '../../src/cli/parts.ts';
import type { Desk } from '../../src/cli/desk.ts';
import { runProgram } from '../../src/cli/program.ts';
import { createTerminal } from '../../src/cli/terminal.ts';
import { AppError } from '../../src/core/errors.ts';
import type { AuditRow } from '../../src/store/ledger.ts';
import { aStream } from '../support/a-stream.ts';
import { ROOT } from '../support/source-tree.ts';

const unused = (): never => {
  throw new Error('a part was built that attaching does not need');
};

const desk: Desk = {
  ask: unused,
  serve: unused,
  overdue: unused,
  pending: unused,
  decide: unused,
  uncertain: unused,
  settle: unused,
  link: unused,
  identify: async (who) => {
    if (who === 'nobody') throw new AppError('invalid_input', '"nobody" names nobody.');
  },
  close: async () => undefined,
};

/** Of a server that takes tokens of its own. */
const endpointAt = (url: string): Endpoint => ({ url, issuers: ['local'] });

const EXAMPLES = join(ROOT, 'docs/examples');

/** A machine as the documentation supposes it. */
const parts: Parts = {
  version: '1',
  now: () => 0,
  stdin: new PassThrough(),
  program: ['/path/to/node', '/path/to/castellan/src/launcher.js'],
  company: '',
  temporary: '',
  examples: EXAMPLES,
  home: '/home/ada',
  endpoint: async () => endpointAt('https://castellan.acme.test/mcp'),
  openHttp: unused,
  openPatient: unused,
  openPeople: unused,
  openExaminer: unused,
  openConnecting: unused,
  openAsking: unused,
  openPreview: unused,
  issueToken: unused,
  openIndex: unused,
  openDesk: async () => desk,
  openTrail: unused,
};

const PLACE = ['--config', '/path/to/castellan.yaml', '--data', '/path/to/.castellan'];
const STDIO = ['--as', 'ada@acme.test'];

const attach = async (argv: readonly string[], given: Partial<Parts> = {}, signal = new AbortController().signal) => {
  const [stdout, stderr] = [aStream(), aStream()];
  const code = await runProgram(['attach', ...argv, ...PLACE], {
    parts: { ...parts, ...given },
    terminal: createTerminal({ stdout, stderr, colour: false }),
    signal,
  });
  return { code, stdout: stdout.written(), stderr: stderr.written() };
};

const ways = Object.entries(KNOWN_CLIENTS).flatMap(([client, known]) => [
  ...('stdio' in known ? [{ client, way: 'started by the client', argv: [client, ...STDIO] }] : []),
  { client, way: 'over HTTP', argv: [client, '--http'] },
]);

describe('docs/attach.md', () => {
  const page = readFileSync(join(ROOT, 'docs/attach.md'), 'utf8');
  const sectionOf = (client: string): string => page.split(/^## /mu).find((part) => part.startsWith(`\`${client}\``)) ?? '';

  test.each(ways)('shows for $client, $way, what the command prints', async ({ client, argv }) => {
    const { code, stdout } = await attach([...argv, '--no-wait']);
    expect(code).toBe(0);
    const blocks = [...sectionOf(client).matchAll(/^```\w+\n(?<block>[^]*?)^```$/gmu)].map(({ groups }) => groups?.['block']);
    expect(blocks.map((block = '') => alike(block))).toContain(alike(stdout));
  });

  test('shows every example whole', () => {
    const examples = readdirSync(EXAMPLES).filter((name) => /-(?:http|stdio)\.ts$/u.test(name));
    expect(examples).toHaveLength(6);
    expect(examples.filter((name) => !page.includes(readFileSync(join(EXAMPLES, name), 'utf8')))).toEqual([]);
  });
});

describe('what is pasted', () => {
  test.each(ways)('into $client, $way, holds no token', async ({ argv }) => {
    const { stdout } = await attach([...argv, '--no-wait']);
    expect(stdout).not.toMatch(/eyJ|Bearer [A-Za-z0-9]/u);
  });

  test.each(ways)('into $client, $way, is the whole of the JSON', async ({ argv }) => {
    const [shown, json] = [await attach([...argv, '--no-wait']), await attach([...argv, '--json'])];
    const pasted = z
      .union([z.strictObject({ paste: z.string() }), z.record(z.string(), z.unknown())])
      .parse(JSON.parse(json.stdout));
    expect(typeof pasted['paste'] === 'string' ? `${pasted['paste']}\n` : `${JSON.stringify(pasted, null, 2)}\n`).toBe(
      shown.stdout,
    );
    expect(json.stderr).toBe('');
  });

  test('is a program that stays one, whatever the paths are', async () => {
    const odd = ["/it's/$&/node", String.raw`C:\castellan "new"\launcher.js`] as const;
    const { stdout } = await attach(['ai-sdk', ...STDIO, '--no-wait'], { program: odd });
    const [, literal = ''] = /^const server = (\{[^]*?^\});$/mu.exec(stdout) ?? [];
    // oxlint-disable-next-line no-implied-eval, typescript/no-implied-eval, no-new-func -- it is our own text, and must read back
    const read: unknown = new Function(`return ${literal}`)();
    expect(read).toMatchObject({ command: odd[0], args: expect.arrayContaining([odd[1]]) });
  });

  test('is a command line that stays one, whatever the paths are', async () => {
    const { stdout } = await attach(['inspector', ...STDIO, '--no-wait'], { program: ["/it's/node", '/my files/launcher.js'] });
    expect(stdout).toContain(String.raw`-- '/it'\''s/node' '/my files/launcher.js' serve --stdio`);
  });
});

describe('a server that OpenAI cannot reach', () => {
  test.each([
    'http://127.0.0.1:8080/mcp',
    'https://castellan/mcp',
    'https://10.1.2.3/mcp',
    'https://[fd00::1]/mcp',
    'https://172.20.0.1/mcp',
    'https://castellan.internal/mcp',
  ])('at %s is told apart, with the tunnel as the remedy', async (url) => {
    const { stderr } = await attach(['responses', '--no-wait'], { endpoint: async () => endpointAt(url) });
    expect(stderr).toContain('Secure MCP Tunnel');
    expect(stderr).toContain(`MCP_SERVER_URL=${url}`);
  });

  test.each(['https://castellan.acme.com/mcp', 'https://8.8.8.8/mcp', 'https://172.32.0.1/mcp'])(
    'is not what %s is',
    async (url) => {
      const { stderr } = await attach(['responses', '--no-wait'], { endpoint: async () => endpointAt(url) });
      expect(stderr).not.toContain('Tunnel');
    },
  );
});

describe('a server that runs', () => {
  const PLACED = '--config /path/to/castellan.yaml --data /path/to/.castellan';

  test('is started, and its token made, by commands that work where they are read', async () => {
    const asked: unknown[] = [];
    const endpoint: Parts['endpoint'] = async (_, options) => {
      asked.push(options);
      return endpointAt('http://127.0.0.1:9123/mcp');
    };
    const { stdout, stderr } = await attach(['cursor', '--http', '--port', '9123', '--as', 'ada@acme.test', '--no-wait'], {
      endpoint,
    });
    expect(asked).toEqual([{ port: 9123 }]);
    expect(stdout).toContain('"url": "http://127.0.0.1:9123/mcp"');
    expect(stderr).toContain(`The server must run: castellan serve --http --port 9123 ${PLACED}\n`);
    expect(stderr).toContain(`export CASTELLAN_TOKEN="$(castellan token --as ada@acme.test --port 9123 ${PLACED})"\n`);
  });

  test.each([
    [
      'only of an issuer',
      ['https://id.acme.test'],
      [/A token of https:\/\/id\.acme\.test, for this server/u],
      [/castellan token/u],
    ],
    ['of an issuer too', ['local', 'https://id.acme.test'], [/A token: castellan token --as <who>/u, /Or one of https/u], []],
    ['of its own alone', ['local'], [/A token: castellan token --as <who>/u], [/Or one of/u]],
  ])('takes tokens %s, and no other is offered', async (_, issuers, says, never) => {
    for (const client of ['cursor', 'mcp-remote']) {
      const endpoint = async (): Promise<Endpoint> => ({ url: 'https://castellan.acme.test/mcp', issuers });
      const { stderr } = await attach([client, '--http', '--no-wait'], { endpoint });
      for (const one of says) expect(stderr).toMatch(one);
      for (const one of never) expect(stderr).not.toMatch(one);
    }
  });
});

describe('a wrong usage', () => {
  test('of a client that is not known lists those that are', async () => {
    const { code, stdout, stderr } = await attach(['emacs']);
    expect([code, stdout]).toEqual([2, '']);
    for (const client of Object.keys(KNOWN_CLIENTS)) expect(stderr).toContain(client);
  });

  test.each([
    ['without a person', ['cursor'], 'Say for whom'],
    ['with a person who is none', ['cursor', '--as', 'nobody'], 'names nobody'],
  ])('%s prints nothing to paste', async (_, argv, says) => {
    const { code, stdout, stderr } = await attach(argv);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(says);
  });
});

describe('the first call', () => {
  test('is waited for, and told', async () => {
    const trail = trailOf([[row(7)], [row(7)], [row(9), row(8), row(7)]]);
    const { code, stderr } = await attach(['cursor', ...STDIO], { openTrail: async () => trail });
    expect(code).toBe(0);
    expect(stderr).toContain('search was called by local|ada@acme.test through stdio: answered');
  });

  test('is none of those that are asked here, nor what nobody was refused', async () => {
    const token = { ...row(8), client: 'cli', tool: 'token', actor: 'os:ada' };
    const search = { ...row(9), client: 'cli', actor: 'os:ada' };
    const stranger = { ...row(10), who: 'nobody', client: 'http', tool: 'identify', outcome: 'unauthenticated' } as const;
    const client = { ...row(11), client: 'cli' }; // may be called so too
    const others = [stranger, search, token, row(7)];
    const trail = trailOf([[row(7)], others, [client, ...others]]);
    const { code, stderr } = await attach(['cursor', '--http'], { openTrail: async () => trail });
    expect(code).toBe(0);
    expect(stderr.match(/.* was called.*/gu)).toEqual(['search was called by local|ada@acme.test through cli: answered']);
  });

  test('may be the first of all: the audit is made with it', async () => {
    let looks = 0;
    const openTrail = async (): Promise<Trail> => {
      looks += 1;
      if (looks < 3) throw new AppError('config', 'There is no audit.');
      return trailOf([[row(1)]]);
    };
    expect((await attach(['cursor', ...STDIO], { openTrail })).stderr).toContain('search was called');
  });

  test('need not come: to be stopped is one way to end', async () => {
    const stop = new AbortController();
    const openTrail = async (): Promise<Trail> => {
      setImmediate(() => stop.abort());
      return trailOf([[row(7)], [row(7)]]);
    };
    const { code, stderr } = await attach(['cursor', ...STDIO], { openTrail }, stop.signal);
    expect(code).toBe(0);
    expect(stderr).not.toContain('was called');
  });

  test('cannot be waited for where the audit cannot be read', async () => {
    expect(await attach(['cursor', ...STDIO], { openTrail: unreadable })).toMatchObject({ code: 1, stdout: '' });
  });
});

const unreadable = (): Promise<Trail> => Promise.reject(new AppError('unavailable', 'The audit cannot be read.'));

/** The formatter of the documentation breaks the lines of JSON where it likes. */
const alike = (block: string): string => (block.startsWith('{') ? JSON.stringify(JSON.parse(block)) : block);

const row = (seq: number): AuditRow => ({
  seq,
  at: 0,
  request: 'r',
  who: 'local|ada@acme.test',
  client: 'stdio',
  tool: 'search',
  documents: [],
  outcome: 'answered',
  hash: '',
});

/** An audit that has one row more each time it is looked at. */
const trailOf = (looks: readonly (readonly AuditRow[])[]): Trail => {
  const coming = looks.values();
  return {
    list: async () => coming.next().value ?? [],
    verify: unused,
    reveal: unused,
    verifyDecisions: unused,
    close: async () => undefined,
  };
};

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';

import { type ForeignClient, foreignClientContract } from '../contracts/foreign-client.ts';
import { type ARunningPlace, aRunningPlace } from '../support/a-running-place.ts';
import { ADA } from '../support/a-served-place.ts';
import { startedServer } from '../support/a-started-server.ts';
import { inspect } from '../support/an-inspector.ts';

let place: ARunningPlace;
beforeAll(async () => {
  place = await aRunningPlace();
});
afterAll(() => place.remove());

const listed = z.looseObject({ result: z.looseObject({ tools: z.array(z.looseObject({ name: z.string() })) }) });
const called = z.looseObject({
  result: z.looseObject({ content: z.tuple([z.looseObject({ type: z.literal('text'), text: z.string() })]) }),
});

/** Each of its runs is a client of its own. `server` is what its command line says of the server, in front of `--`. */
const attached = (server: readonly string[], started: readonly string[]): ForeignClient => {
  const ask = async (argv: readonly string[]): Promise<unknown> => {
    const { stdout, stderr } = await inspect([...argv, ...server, '--format', 'json', '--quiet', ...started], {
      home: place.folder,
    });
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout);
  };
  return {
    tools: async () => listed.parse(await ask(['--method', 'tools/list'])).result.tools.map(({ name }) => name),
    call: async (name, given) => {
      const argv = ['--method', 'tools/call', '--tool-name', name, '--tool-args-json', JSON.stringify(given)];
      return called.parse(await ask(argv)).result.content[0].text;
    },
    close: async () => undefined,
  };
};

const overStdio = (who: string): string[] => {
  const { command, args } = startedServer(place, who);
  return ['--', command, ...args];
};

foreignClientContract('the Inspector over stdio', async (who) => attached([], overStdio(who)));

const overHttp = (token: string): string[] => ['--server-url', place.url, '--header', `Authorization: Bearer ${token}`];

foreignClientContract('the Inspector over HTTP', async (who) => attached(overHttp(await place.token(who)), []));

test.each([
  ['no token', (): string[] => ['--server-url', place.url]],
  ['a bad token', (): string[] => overHttp('eyJhbGciOiJub25lIn0.e30.')],
])('with %s it reports that it is not let in', async (_, given) => {
  const { code, stdout, stderr } = await inspect(['--method', 'tools/list', '--stored-auth-only', ...given()], {
    home: place.folder,
  });
  expect(stderr).toMatch(/401|auth_required/u);
  expect(code).not.toBe(0);
  expect(stdout).toBe('');
});

describe.each([
  ['stdio', 'legacy'],
  ['stdio', 'modern'],
  ['HTTP', 'legacy'],
  ['HTTP', 'modern'],
])('in strict mode, over %s in the %s era,', (transport, era) => {
  test('the Inspector finds no error in any tool', async () => {
    const given = transport === 'stdio' ? overStdio(ADA) : overHttp(await place.token(ADA));
    const { code, stderr } = await inspect(['--method', 'tools/list', '--strict', '--protocol-era', era, ...given], {
      home: place.folder,
    });
    expect(stderr).toContain('0 errors');
    expect(stderr).toContain('across 4 tools');
    expect(code).toBe(0);
  });
});

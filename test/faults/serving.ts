import type { Fault, NamedTest } from './fault.ts';

const refused = (test: string): NamedTest => ({ file: 'test/server/http/refused.test.ts', test });
const connections = (test: string): NamedTest => ({ file: 'test/server/http/connections.test.ts', test });
const operating = (test: string): NamedTest => ({ file: 'test/server/http/operating.test.ts', test });
const CROSSING: NamedTest = {
  file: 'test/server/http/crossing.test.ts',
  test: 'two callers with the same id, interleaved and slow, each get their own 2,000 times',
};

/** Mistakes between a connection and a call: who asks, under which name, and what is said of it. */
export const SERVING: readonly Fault[] = [
  {
    name: 'whoever came first is who asks',
    file: 'src/server/http/mcp-route.ts',
    find: 'const { bearer, asked } = asking;',
    plant: 'const { asked } = asking;\n      const bearer = (askings.first ??= asking.bearer);',
    caughtBy: CROSSING,
  },
  {
    name: 'a host is ours when it begins like ours',
    file: 'src/server/http/gate.ts',
    find: 'host !== undefined && address.hosts.has(host)',
    plant: 'host !== undefined && [...address.hosts].some((own) => host.startsWith(own))',
    caughtBy: refused('when it comes %s'),
  },
  {
    name: 'pages without an origin may call',
    file: 'src/server/http/gate.ts',
    find: 'origin === null || origins.has(origin)',
    plant: "origin === null || origin === 'null' || origins.has(origin)",
    caughtBy: refused('when it comes %s'),
  },
  {
    name: 'of two hosts the first one counts',
    file: 'src/server/http/wire.ts',
    find: "  'host',\n",
    plant: '',
    caughtBy: connections('with %s is refused'),
  },
  {
    name: 'a body that is coded for its way is read as it comes',
    file: 'src/server/http/wire.ts',
    find: "  if (!/^chunked$/iu.test(headers['transfer-encoding'] ?? 'chunked')) return true;\n",
    plant: '',
    caughtBy: connections('whose body is coded for its way is refused: what decodes it reads another one'),
  },
  {
    name: 'the length of a body is believed',
    file: 'src/server/http/body.ts',
    find: 'if (size > most) {',
    plant: 'if (size > most * 1000) {',
    caughtBy: connections('whose body comes in pieces is read to the limit and no further, and told so'),
  },
  {
    name: 'one caller’s body is parsed for as long as it takes, and everybody waits',
    file: 'src/server/http/excess.ts',
    find: "if (count > values) return 'values';",
    plant: '',
    caughtBy: refused('with so many %s that reading them would hold up everybody'),
  },
  {
    name: 'who went away still holds a place',
    file: 'src/server/http/until-sent.ts',
    find: `    cancel: async (reason) => {
      done();`,
    plant: '    cancel: async (reason) => {',
    caughtBy: connections('that goes away while it waits aborts its call, and leaves nothing behind'),
  },
  {
    name: 'a missing scope is refused and not recorded',
    file: 'src/server/mcp.ts',
    find: "          await call(name, request.params?.['arguments'], callerOf, new AbortController().signal);\n",
    plant: '',
    caughtBy: refused('without the scope of the tool is told which it needs, and what it has would be lost without'),
  },
  {
    name: 'the log repeats the path',
    file: 'src/server/http/app.ts',
    find: "path: routeOf(path) ?? 'other'",
    plant: 'path',
    caughtBy: operating('holds nothing that a stranger wrote, and no line more than requests'),
  },
  {
    name: 'why a token is not good is told to whoever sent it',
    file: 'src/server/http/bearer.ts',
    find: "if (error.code === 'unauthenticated') return unauthenticated(address, 'bad token', reasonOf(error));",
    plant: "if (error.code === 'unauthenticated') return { ...unauthenticated(address, 'bad token'), message: error.message };",
    caughtBy: refused('is asked for again with a token %s, and never why'),
  },
  {
    name: 'what the owner asks while they wait is told as the first call of their client',
    file: 'src/cli/first-call.ts',
    find: `one.seq > seen && isOfClient(one)`,
    plant: `one.seq > seen`,
    caughtBy: { file: 'test/cli/attach.test.ts', test: 'is none of those that are asked here, nor what nobody was refused' },
  },
  {
    name: 'a source that was never read is within its promise',
    file: 'src/cli/overdue.ts',
    find: `if (!status?.lastRun) return`,
    plant: `if (!status) return [];
    if (!status.lastRun) return`,
    caughtBy: { file: 'test/cli/overdue.test.ts', test: 'that was never even begun is missing like one that was' },
  },
];

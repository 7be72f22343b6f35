import { Client, type PriorDiscovery } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Client as EarlierClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as EarlierTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

import { environment, LAUNCHER } from './a-command.ts';

/** The two eras of the protocol, each spoken by a client that was made for it. */
export const ERAS = ['2026-07-28', '2025-11-25'] as const;
export type Era = (typeof ERAS)[number];

/** Which server is started, and for whom. */
export interface Served {
  readonly config: string;
  readonly data: string;
  readonly who: string;
  /** Whether the server reads its source again by itself; not where that is not the point. */
  readonly follows?: boolean;
  /** What its user answers when they are asked; without it the client cannot ask. */
  readonly answers?: (message: string) => Elicited;
  /** What its configuration asks of the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** An answer to what a server asks the user of a client. */
export interface Elicited {
  readonly action: 'accept' | 'decline' | 'cancel';
  readonly content?: Record<string, boolean>;
}

/** What a client hears of a call, read. */
export const resultSchema = z.looseObject({
  isError: z.boolean().optional(),
  structuredContent: z.record(z.string(), z.unknown()).optional(),
  content: z.array(z.looseObject({ type: z.string(), text: z.string() })),
});
/** What a client hears of a call. */
export type Heard = z.infer<typeof resultSchema>;

const toolSchema = z.looseObject({
  name: z.string(),
  title: z.string(),
  description: z.string(),
  inputSchema: z.record(z.string(), z.unknown()),
  outputSchema: z.record(z.string(), z.unknown()),
  annotations: z.record(z.string(), z.unknown()),
});

/** One client with a server of its own, which ends with it. */
export interface AClient {
  readonly version: string | undefined;
  readonly instructions: string | undefined;
  readonly pid: number | undefined;
  tools(): Promise<z.infer<typeof toolSchema>[]>;
  call(name: string, given?: Readonly<Record<string, unknown>>): Promise<Heard>;
  close(): Promise<void>;
}

/** Starts a server and attaches a client of this era to it. */
export const aClient = (era: Era, served: Served): Promise<AClient> =>
  era === '2026-07-28' ? presentClient(era, served) : earlierClient(served);

/** The arguments that serve somebody over stdio. */
export const serveArguments = ({ config, data, who, follows = false }: Served): string[] => [
  'serve',
  '--stdio',
  '--as',
  who,
  '--config',
  config,
  '--data',
  data,
  ...(follows ? [] : ['--no-follow']),
];

const NAMED = { name: 'castellan tests', version: '1' };

const serverOf = (served: Served) => ({
  command: process.execPath,
  args: [LAUNCHER, ...serveArguments(served)],
  env: { ...environment(), ...served.env },
  stderr: 'ignore' as const,
});

/** What the first client learned by asking. To ask, a client starts one server more, so the others are told. */
let discovered: PriorDiscovery | undefined;

const presentClient = async (era: Era, served: Served): Promise<AClient> => {
  const { answers } = served;
  const client = new Client(NAMED, {
    versionNegotiation: { mode: { pin: era } },
    ...(answers && { capabilities: { elicitation: { form: {} } } }),
  });
  if (answers) client.setRequestHandler('elicitation/create', async ({ params }) => ({ ...answers(params.message) }));
  const transport = new StdioClientTransport(serverOf(served));
  await client.connect(transport, discovered ? { prior: discovered } : {});
  const discover = client.getDiscoverResult();
  if (discover) discovered = { kind: 'modern', discover };
  return {
    version: client.getNegotiatedProtocolVersion(),
    instructions: client.getInstructions(),
    pid: transport.pid ?? undefined,
    tools: async () => z.array(toolSchema).parse((await client.listTools()).tools),
    call: async (name, given = {}) => resultSchema.parse(await client.callTool({ name, arguments: given })),
    close: () => client.close(),
  };
};

const earlierClient = async (served: Served): Promise<AClient> => {
  const { answers } = served;
  const client = new EarlierClient(NAMED, answers ? { capabilities: { elicitation: {} } } : {});
  if (answers) client.setRequestHandler(ElicitRequestSchema, async ({ params }) => ({ ...answers(params.message) }));
  let version: string | undefined;
  const transport = Object.assign(new EarlierTransport(serverOf(served)), {
    setProtocolVersion: (negotiated: string) => {
      version = negotiated;
    },
  });
  await client.connect(transport);
  return {
    version,
    instructions: client.getInstructions(),
    pid: transport.pid ?? undefined,
    tools: async () => z.array(toolSchema).parse((await client.listTools()).tools),
    call: async (name, given = {}) => resultSchema.parse(await client.callTool({ name, arguments: given })),
    close: () => client.close(),
  };
};

import { join } from 'node:path';

import { shellWord } from './words.ts';

/** A server that the client starts for itself, for one person. */
export interface StartedServer {
  readonly command: string;
  readonly args: readonly string[];
}

/** A server that runs already. */
export interface RunningServer {
  /** The address of its `/mcp`. */
  readonly url: string;
  /** The folder of the person at the keyboard. */
  readonly home: string;
  /** The command that prints a token for it, where it takes tokens of its own. */
  readonly token?: string;
}

/** What is pasted: a JSON file, a command line, or a program of docs/examples with this server filled in. */
export type Pasted = { readonly json: object } | { readonly command: string } | { readonly example: string };

/** How a client is attached one way. */
export interface Attachment {
  readonly paste: Pasted;
  /** Where it goes; one line for each place it may go. */
  readonly into: readonly string[];
  /** How the client gets its token, or what else must be done. */
  readonly notes: readonly string[];
}

interface KnownClient {
  readonly title: string;
  readonly stdio?: (server: StartedServer) => Attachment;
  readonly http?: (server: RunningServer) => Attachment;
}

/** The variable that the client's own process finds the token in. */
const TOKEN = 'CASTELLAN_TOKEN';

const fromEnvironment = ({ token }: RunningServer): readonly string[] => [
  `The token is not in it: the client reads it from the environment variable ${TOKEN}.`,
  ...(token === undefined ? [] : [`Before it starts, where it starts: export ${TOKEN}="$(${token})"`]),
];

/** Every client that we know how to attach; docs/attach.md has a section for each. */
export const KNOWN_CLIENTS = {
  inspector: {
    title: 'MCP Inspector',
    stdio: ({ command, args }) => ({
      // Its own options end at `--`: it has a `--config` too.
      paste: { command: shell([...INSPECT, '--', command, ...args]) },
      into: ['a terminal'],
      notes: [],
    }),
    http: (server) => ({
      paste: { command: `${shell([...INSPECT, '--server-url', server.url])} --header "Authorization: Bearer $${TOKEN}"` },
      into: ['a terminal'],
      notes: fromEnvironment(server),
    }),
  },
  'claude-code': {
    title: 'Claude Code',
    stdio: (server) => ({ paste: mcpServers(server), into: CLAUDE_CODE, notes: [] }),
    http: (server) => ({
      paste: mcpServers({ type: 'http', url: server.url, headers: { Authorization: `Bearer \${${TOKEN}}` } }),
      into: CLAUDE_CODE,
      notes: fromEnvironment(server),
    }),
  },
  'claude-desktop': {
    title: 'Claude Desktop',
    stdio: (server) => ({
      paste: mcpServers(server),
      into: CLAUDE_DESKTOP,
      notes: ['Then quit Claude Desktop and start it again.'],
    }),
    http: (server) => ({
      paste: mcpServers(bridge(server)),
      into: CLAUDE_DESKTOP,
      notes: ['This file starts programs only, so mcp-remote stands between.', ...headerFile(server)],
    }),
  },
  cursor: {
    title: 'Cursor',
    stdio: (server) => ({ paste: mcpServers(server), into: CURSOR, notes: [] }),
    http: (server) => ({
      paste: mcpServers({ url: server.url, headers: { Authorization: `Bearer \${env:${TOKEN}}` } }),
      into: CURSOR,
      notes: fromEnvironment(server),
    }),
  },
  vscode: {
    title: 'VS Code',
    stdio: (server) => ({ paste: { json: { servers: { castellan: { type: 'stdio', ...server } } } }, into: VSCODE, notes: [] }),
    http: (server) => ({
      paste: {
        json: {
          inputs: [{ type: 'promptString', id: 'castellan-token', description: 'Token for Castellan', password: true }],
          servers: {
            castellan: { type: 'http', url: server.url, headers: { Authorization: 'Bearer ${input:castellan-token}' } },
          },
        },
      },
      into: VSCODE,
      notes: ['The token is not in it: VS Code asks for it when it starts the server, and keeps it.'],
    }),
  },
  'agents-sdk': {
    title: 'OpenAI Agents SDK',
    stdio: () => ({ paste: { example: 'agents-sdk-stdio.ts' }, into: ['your program; it needs @openai/agents'], notes: [] }),
    http: (server) => ({
      paste: { example: 'agents-sdk-http.ts' },
      into: ['your program; it needs @openai/agents'],
      notes: fromEnvironment(server),
    }),
  },
  'ai-sdk': {
    title: 'AI SDK',
    stdio: () => ({ paste: { example: 'ai-sdk-stdio.ts' }, into: ['your program; it needs @ai-sdk/mcp'], notes: [] }),
    http: (server) => ({
      paste: { example: 'ai-sdk-http.ts' },
      into: ['your program; it needs @ai-sdk/mcp'],
      notes: fromEnvironment(server),
    }),
  },
  langchain: {
    title: 'LangChain',
    stdio: () => ({ paste: { example: 'langchain-stdio.ts' }, into: LANGCHAIN, notes: [] }),
    http: (server) => ({ paste: { example: 'langchain-http.ts' }, into: LANGCHAIN, notes: fromEnvironment(server) }),
  },
  'mcp-remote': {
    title: 'mcp-remote, for a client that only starts programs',
    http: (server) => ({
      paste: mcpServers(bridge(server)),
      into: ['the file in which that client lists its servers'],
      notes: headerFile(server),
    }),
  },
  responses: {
    title: 'OpenAI Responses API',
    http: (server) => ({
      paste: {
        json: {
          type: 'mcp',
          server_label: 'castellan',
          server_url: server.url,
          authorization: `$${TOKEN}`,
          allowed_tools: ['search', 'fetch', 'list_sources', 'explain_access'],
          require_approval: 'never',
        },
      },
      into: ['`tools` of a request'],
      notes: [
        `Put the token itself in the place of $${TOKEN}, in every request: OpenAI does not keep it.`,
        'These tools only read, so they need no approval. What they answer goes to OpenAI.',
        ...(isPublic(server.url) ? [] : outOfReach(server.url)),
      ],
    }),
  },
} as const satisfies Readonly<Record<string, KnownClient>>;

/** Known by this name? */
export const knownClient = (name: string): KnownClient | undefined =>
  Object.entries<KnownClient>(KNOWN_CLIENTS).find(([known]) => known === name)?.[1];

const INSPECT = ['npx', '@modelcontextprotocol/inspector', '--cli', '--method', 'tools/list', '--strict'];
const CLAUDE_CODE = ['.mcp.json in the folder of a project'];
const CLAUDE_DESKTOP = [
  'macOS    ~/Library/Application Support/Claude/claude_desktop_config.json',
  'Windows  %APPDATA%\\Claude\\claude_desktop_config.json',
];
const CURSOR = ['~/.cursor/mcp.json for all projects', '.cursor/mcp.json in the folder of one'];
const VSCODE = ['.vscode/mcp.json in the folder of a project', 'for all projects: the command “MCP: Open User Configuration”'];
const LANGCHAIN = ['your program; it needs @langchain/mcp-adapters and @langchain/core'];

const mcpServers = (castellan: object): Pasted => ({ json: { mcpServers: { castellan } } });

/** A program that speaks stdio to the client and HTTP to the server. */
const bridge = ({ url, home }: RunningServer): StartedServer => ({
  command: 'npx',
  args: [
    '-y',
    'mcp-remote',
    url,
    '--transport',
    'http-only',
    ...(url.startsWith('http:') ? ['--allow-http'] : []),
    '--header-file',
    headerPath(home),
  ],
});

const headerPath = (home: string): string => join(home, '.castellan-header');

/** Arguments can be read by everybody on the machine, and a program of the desktop sees no variables of a shell. */
const headerFile = ({ home, token }: RunningServer): readonly string[] => [
  `The token is not in it: put the line “Authorization: Bearer <token>” into ${headerPath(home)}, readable by you alone.`,
  ...(token === undefined
    ? []
    : [`Such as: (umask 077 && echo "Authorization: Bearer $(${token})" > ${shellWord(headerPath(home))})`]),
];

/** Why OpenAI does not reach an address, and what helps. */
const outOfReach = (url: string): readonly string[] => [
  `OpenAI calls this address from the internet, where nobody can reach ${new URL(url).host}.`,
  'Either set server.public_url to an https address that the internet reaches, or use OpenAI’s Secure MCP Tunnel:',
  `create a tunnel (platform.openai.com/settings/organization/tunnels), run its tunnel-client beside this server with MCP_SERVER_URL=${url},`,
  'and write "tunnel_id": "<its id>" in the place of server_url. See developers.openai.com/api/docs/guides/secure-mcp-tunnels',
];

/** Not one of the names and addresses that only a machine or a network knows. */
export const isPublic = (url: string): boolean => {
  const { hostname, protocol } = new URL(url);
  return protocol === 'https:' && hostname.includes('.') && !PRIVATE.test(hostname);
};

const PRIVATE =
  /^(?:127|10|0)\.|^192\.168\.|^169\.254\.|^172\.(?:1[6-9]|2\d|3[01])\.|^100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|\.(?:localhost|local|internal|lan|home\.arpa|test|example|invalid)$/u;

/** A command line as a shell reads it. */
const shell = (words: readonly string[]): string => words.map(shellWord).join(' ');

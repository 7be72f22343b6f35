import type OpenAI from 'openai';

/** The tools of the server that only read. */
export const READ_TOOLS = ['search', 'fetch', 'list_sources', 'explain_access'] as const;

/** The tools of the server with which something is written: the first only shows what would be. */
export const WRITE_TOOLS = ['propose_write', 'commit_write'] as const;
const [PROPOSE] = WRITE_TOOLS;

/** Where OpenAI reaches the server. */
export type MountedServer = {
  /** What the server is called in what the model does; `castellan` where nothing else is said. */
  readonly label?: string;
} & (
  | { readonly url: string }
  /** Of OpenAI's Secure MCP Tunnel, for a server that the internet does not reach. */
  | { readonly tunnelId: string }
);

/** As whom the model asks. */
export interface MountCaller {
  /** An access token of the person, for the server. OpenAI does not keep it: it goes with every request. */
  readonly token: string;
  /** `always`: a person is asked before every call. `never`, the default: none that only reads is asked about. */
  readonly approval?: 'never' | 'always';
  /** Tools that write, where they are wanted, such as `WRITE_TOOLS`: a person is always asked before one, but for `propose_write`. */
  readonly writes?: readonly string[];
}

/**
 * The tool with which a request of the Responses API mounts the server. The list of tools is a courtesy: what the token may do
 * is decided by the server.
 */
export const mountTool = (
  server: MountedServer,
  { token, approval = 'never', writes = [] }: MountCaller,
): OpenAI.Responses.Tool.Mcp => ({
  type: 'mcp',
  server_label: labelOf(server),
  ...('url' in server ? { server_url: server.url } : { tunnel_id: server.tunnelId }),
  authorization: token,
  allowed_tools: [...READ_TOOLS, ...writes],
  require_approval: approvalOf(approval, writes),
});

/** What the server is called in what the model does. */
export const labelOf = ({ label = 'castellan' }: MountedServer): string => label;

const approvalOf = (
  approval: 'never' | 'always',
  writes: readonly string[],
): OpenAI.Responses.Tool.Mcp['require_approval'] & (object | string) => {
  if (approval === 'always' || writes.length === 0) return approval;
  const showing = writes.filter((name) => name === PROPOSE);
  const asked = writes.filter((name) => name !== PROPOSE);
  return { never: { tool_names: [...READ_TOOLS, ...showing] }, always: { tool_names: asked } };
};

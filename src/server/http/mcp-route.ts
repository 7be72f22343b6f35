import { type AuthInfo, createMcpHandler } from '@modelcontextprotocol/server';

import type { Bearer } from '../../access/token.ts';
import type { Caller, Identity } from '../../core/caller.ts';
import { type CallResult } from '../call.ts';
import { createMcpServer, type McpParts } from '../mcp.ts';
import type { Address } from './address.ts';
import type { Asked } from './asked.ts';

export interface McpRouteParts extends Pick<McpParts, 'call' | 'version'> {
  /** The tools that a client is offered. */
  readonly toolsFor: (client: string) => McpParts['tools'];
  readonly address: Address;
  /** Records that somebody was seen, and links them to their accounts. */
  readonly identify: (identity: Identity) => Promise<Identity>;
  /** Hears of what goes wrong inside the protocol, outside any call. */
  readonly onError: (error: Error) => void;
}

/** One message of one caller. */
export interface Asking {
  readonly bearer: Bearer;
  readonly message: object;
  readonly asked: Asked;
}

/** Answers messages, in both protocol eras; each gets a server object of its own, so that nothing of one caller can meet another. */
export interface McpRoute {
  answer(request: Request, asking: Asking): Promise<Response>;
  /** Ends what still runs. */
  close(): Promise<void>;
}

/** Builds the protocol's end of the one path. */
export const createMcpRoute = ({ address, identify, onError, call, toolsFor, version }: McpRouteParts): McpRoute => {
  // The SDK hands the same object on to the factory: it is the thread from a request to its server.
  const askings = new WeakMap<AuthInfo, Asking>();
  const handler = createMcpHandler(
    ({ authInfo }) => {
      const asking = authInfo && askings.get(authInfo);
      if (!asking) throw new Error('a server was asked for without a caller');
      const { bearer, asked } = asking;
      const callerOf = async (): Promise<Caller> => ({
        identity: await identify(bearer.identity),
        client: bearer.client,
        scopes: bearer.scopes,
        ...(bearer.actor === undefined ? {} : { actor: bearer.actor }),
      });
      return createMcpServer({
        call: async (name, input, who, signal, options) => {
          const result = await call(name, input, who, signal, { ...options, request: asked.request });
          asked.code = codeOf(result);
          return result;
        },
        tools: toolsFor(bearer.client),
        callerOf,
        version,
      });
    },
    // Nothing here changes under a client, so no subscription is kept open: each ends at once, in good order.
    { legacy: 'stateless', responseMode: 'auto', onerror: onError },
  );
  return {
    answer: (request, asking) => {
      const { bearer, message } = asking;
      const authInfo: AuthInfo = {
        token: '', // nothing behind this door needs it
        clientId: bearer.client,
        scopes: [...bearer.scopes],
        resourceMetadataUrl: address.metadata.url,
      };
      askings.set(authInfo, asking);
      return handler.fetch(request, { authInfo, parsedBody: message });
    },
    close: () => handler.close(),
  };
};

const codeOf = (result: CallResult): string => ('error' in result ? result.error.code : 'answered');

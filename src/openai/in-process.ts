import { Client, InMemoryTransport, type Transport } from '@modelcontextprotocol/client';

import type { ConnectedTools } from './call-tools.ts';

/** A client of a server in this process. `serve` connects the server to its end. */
export const connectInProcess = async (
  named: { readonly name: string; readonly version: string },
  serve: (transport: Transport) => Promise<void>,
): Promise<{ readonly mcp: ConnectedTools; close(): Promise<void> }> => {
  const [near, far] = InMemoryTransport.createLinkedPair();
  await serve(far);
  const mcp = new Client(named);
  await mcp.connect(near);
  return { mcp, close: () => mcp.close() };
};

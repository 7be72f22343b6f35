import { type Address, hostOf } from './address.ts';
import type { Refusal } from './refusal.ts';

export interface GateOptions {
  readonly address: Address;
  /** Origins of other people's pages that may call this server. */
  readonly allowedOrigins: readonly string[];
}

/** Who may knock: a page that a stranger made can send a browser here, but not under our name (DNS rebinding) nor under its own. */
export interface Gate {
  host(request: Request): Refusal | undefined;
  origin(request: Request): Refusal | undefined;
}

/** Builds the gate of one public address. */
export const createGate = ({ address, allowedOrigins }: GateOptions): Gate => {
  const origins = new Set([...address.origins, ...allowedOrigins]);
  const mayName = (written: string | null): boolean => {
    const host = written === null ? undefined : hostOf(written, address.publicUrl);
    return host !== undefined && address.hosts.has(host);
  };
  return {
    host: ({ headers }) =>
      mayName(headers.get('host'))
        ? undefined
        : { refused: 'forbidden', message: 'This server does not answer under that Host. Use the address in server.public_url.' },
    origin: ({ headers }) => {
      const origin = headers.get('origin');
      return origin === null || origins.has(origin)
        ? undefined
        : { refused: 'forbidden', message: 'Pages of this Origin may not call this server. See server.allowed_origins.' };
    },
  };
};

import { TOKEN_SCOPES } from '../../core/caller.ts';
import type { Address } from './address.ts';

export interface MetadataOptions {
  readonly address: Address;
  /** Whose tokens are good here; none where this server signs its own. */
  readonly issuers: readonly string[];
  /** What people call this server. */
  readonly name: string;
  /** Whether anything can be written here. */
  readonly writes: boolean;
}

/** What a client must know to get a token for this server: RFC 9728. */
export const metadataOf = ({ address, issuers, name, writes }: MetadataOptions): Readonly<Record<string, unknown>> => ({
  resource: address.resource,
  ...(issuers.length === 0 ? {} : { authorization_servers: issuers }),
  scopes_supported: TOKEN_SCOPES.filter((scope) => scope === 'read' || writes),
  bearer_methods_supported: ['header'],
  resource_name: name,
});

import { Schemas } from 'scimmy';
import { z } from 'zod';

import { PAGE_MAX } from './listing.ts';
import type { Attributes } from './schema.ts';

/** What is served here, and in which form (RFC 7643, sections 5 to 7). Undefined where that names nothing. */
export const described = (base: string, resource: string, id: string | undefined): object | undefined => {
  switch (resource) {
    case 'ServiceProviderConfig':
      return id === undefined ? new Schemas.ServiceProviderConfig(ABILITIES, `${base}/ServiceProviderConfig`) : undefined;
    case 'ResourceTypes':
      return oneOrAll(
        TYPES.map((type) => plain(new Schemas.ResourceType(type, `${base}/ResourceTypes`))),
        id,
      );
    case 'Schemas':
      return oneOrAll(
        [Schemas.User, Schemas.EnterpriseUser, Schemas.Group].map(({ definition }) =>
          plain(definition.describe(`${base}/Schemas`)),
        ),
        id,
      );
    default:
      return undefined;
  }
};

const ABILITIES = {
  patch: { supported: true },
  bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
  filter: { supported: true, maxResults: PAGE_MAX },
  changePassword: { supported: false },
  sort: { supported: false },
  etag: { supported: true },
  authenticationSchemes: [
    { type: 'oauthbearertoken', name: 'Bearer token', description: 'The token of the source, as Authorization: Bearer <token>' },
  ],
};

const TYPES = [
  {
    id: 'User',
    name: 'User',
    description: 'A person',
    endpoint: '/Users',
    schema: Schemas.User.id,
    schemaExtensions: [{ schema: Schemas.EnterpriseUser.id, required: false }],
  },
  { id: 'Group', name: 'Group', description: 'A group of people and groups', endpoint: '/Groups', schema: Schemas.Group.id },
];

const oneOrAll = (all: readonly Attributes[], id: string | undefined): object | undefined =>
  id === undefined
    ? {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
        totalResults: all.length,
        startIndex: 1,
        itemsPerPage: all.length,
        Resources: all,
      }
    : all.find((one) => one['id'] === id);

/** What the library's objects say of themselves. */
const plain = (described: object): Attributes => z.record(z.string(), z.unknown()).parse(JSON.parse(JSON.stringify(described)));

import { z } from 'zod';

import { defineTool } from '../core/tool.ts';
import type { VisibleSource } from '../core/view.ts';
import { clipList } from './clip.ts';
import { instant } from './metadata.ts';

/** In bytes of JSON, for the types and for the fields of one source, and for one name. */
const NAMES_MAX = 1_000;
const NAME_MAX = 120;

const input = z.strictObject({});

const output = z.object({
  sources: z.array(
    z.object({
      name: z.string(),
      types: z.array(z.string()),
      fields: z.array(z.string()),
      freshness: z.record(z.string(), z.union([z.string(), z.number()])),
    }),
  ),
});

/** Lists where something is to be seen, and how fresh that is: of the visible documents alone, so that nothing hidden shows through. */
export const listSourcesTool = defineTool({
  name: 'list_sources',
  title: 'List sources',
  description:
    'Lists the sources in which the person asking can see something: document types, fields, and freshness. ' +
    '"updated_at" is the newest change among them, the other times are the oldest confirmations, and "..._within_seconds" is what is promised.',
  input,
  output,
  scope: 'read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  run: async (_, { view, signal }) => {
    const { sources, basis } = await view.sources(signal);
    return { output: { sources: sources.map(shown) }, documents: [], basis };
  },
});

const shown = ({ name, types, fields, promise, ...times }: VisibleSource): z.infer<typeof output>['sources'][number] => ({
  name,
  types: clipList(types, NAMES_MAX, NAME_MAX),
  fields: clipList(fields, NAMES_MAX, NAME_MAX),
  freshness: {
    content_within_seconds: promise.contentWithin / 1000,
    permissions_within_seconds: promise.permissionsWithin / 1000,
    updated_at: instant(times.updatedAt),
    synced_at: instant(times.syncedAt),
    permissions_synced_at: instant(times.permissionsSyncedAt),
  },
});

import { z } from 'zod';

import { type FieldKind, kindOf } from '../core/normalised.ts';
import type { Offered } from '../core/proposal.ts';
import { defineTool } from '../core/tool.ts';
import type { VisibleSource } from '../core/view.ts';
import { clipList } from '../core/clip.ts';
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
      fields: z.looseObject({}),
      freshness: z.looseObject({}),
      writes: z.array(z.looseObject({ action: z.string(), needs: z.string(), input: z.looseObject({}) })).optional(),
    }),
  ),
});

/** Lists where something is to be seen, and how fresh that is: of the visible documents alone, so that nothing hidden shows through. */
export const listSourcesTool = defineTool({
  name: 'list_sources',
  title: 'List sources',
  description:
    'Lists the sources in which the person asking can see something: document types, fields for "where", freshness. ' +
    '"updated_at" is the newest change, the other times are the oldest confirmations, "..._within_seconds" is promised. ' +
    '"writes", where something may be written, are the actions of propose_write.',
  input,
  output,
  scope: 'read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  run: async (_, { view, signal }) => {
    const { sources, basis } = await view.sources(signal);
    const offered = await view.writes(signal);
    const writesOf = (name: string): Partial<Pick<Shown, 'writes'>> => {
      const own = offered.filter(({ source }) => source === name);
      return own.length === 0 ? {} : { writes: own.map(action) };
    };
    return {
      output: { sources: sources.map((source) => ({ ...shown(source), ...writesOf(source.name) })) },
      documents: [],
      basis,
    };
  },
});

type Shown = z.infer<typeof output>['sources'][number];

/** What may be proposed, and by which schema. */
const action = ({ action: { name, description, on, input: schema }, needs }: Offered): NonNullable<Shown['writes']>[number] => {
  const { $schema: _, ...published } = z.toJSONSchema(schema, { io: 'input' });
  return {
    action: name,
    description,
    target: on === 'document' ? 'the id of a document' : 'the name of the source',
    needs,
    input: published,
  };
};

const shown = ({ name, types, fields, promise, ...times }: VisibleSource): Shown => ({
  name,
  types: clipList(types, NAMES_MAX, NAME_MAX),
  fields: kindsOf(fields),
  freshness: {
    content_within_seconds: promise.contentWithin / 1000,
    permissions_within_seconds: promise.permissionsWithin / 1000,
    updated_at: instant(times.updatedAt),
    synced_at: instant(times.syncedAt),
    permissions_synced_at: instant(times.permissionsSyncedAt),
  },
});

/** What can be asked about, and of which kind it is: the same for every source, but for which of it there is to be seen. */
const kindsOf = (fields: readonly string[]): Record<string, FieldKind> =>
  Object.fromEntries(
    fields.flatMap((name) => {
      const kind = kindOf(name);
      return kind === undefined ? [] : [[name, kind]];
    }),
  );

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse } from 'yaml';
import { z } from 'zod';

/** The folder of the made-up company. */
export const COMPANY = join(import.meta.dirname, '../../fixtures/company');

const idSchema = z.string().regex(/^[a-z0-9-]+:.+$/u);
const idsSchema = z.array(idSchema).nonempty();
const expectedSchema = z.strictObject({
  questions: z.array(
    z.strictObject({
      ask: z.string(),
      people: z.record(z.email(), z.strictObject({ must: idsSchema.optional(), never: idsSchema.optional() })),
    }),
  ),
  where: z.array(
    z.strictObject({
      ask: z.array(z.record(z.string(), z.union([z.string(), z.null()]))),
      people: z.record(z.email(), z.array(idSchema)),
    }),
  ),
  fetch: z.array(z.strictObject({ as: z.email(), id: idSchema, answer: z.enum(['found', 'not_found']) })),
  demo: z.strictObject({
    question: z.string(),
    people: z.record(z.email(), idSchema),
    forbidden: z.strictObject({ as: z.email(), id: idSchema }),
    missing: idSchema,
    where: z.strictObject({ due_at: z.string(), people: z.record(z.email(), idsSchema) }),
    revoke: z.strictObject({ person: z.email(), group: z.string(), member: z.string(), loses: idSchema, gets: idSchema }),
    move: z.strictObject({
      folder: z.string(),
      from: z.array(z.string()),
      to: z.array(z.string()),
      loses: z.record(z.email(), idsSchema),
      gains: z.record(z.email(), idsSchema),
    }),
  }),
});

/** What `expected.yaml` says each person must and must not get. */
export type Expected = z.infer<typeof expectedSchema>;

/** Reads `expected.yaml`, which parses only as a whole. */
export const readExpected = (): Expected => expectedSchema.parse(parse(companyText('expected.yaml')));

/** One file of the company, as text. */
export const companyText = (path: string): string => readFileSync(join(COMPANY, path), 'utf8');

/** Every file below a folder of the company, by its path inside that folder, sorted. */
export const companyFiles = (folder: string): string[] =>
  readdirSync(join(COMPANY, folder), { withFileTypes: true })
    .flatMap((entry) =>
      entry.isDirectory() ? companyFiles(join(folder, entry.name)).map((path) => join(entry.name, path)) : [entry.name],
    )
    .toSorted();

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { parse } from 'yaml';
import { z } from 'zod';

const ids = z.record(z.string(), z.array(z.string()).min(1));

const schema = z.object({
  demo: z.strictObject({
    question: z.string(),
    people: z.record(z.string(), z.string()).refine((people) => Object.keys(people).length === 2),
    forbidden: z.strictObject({ as: z.string(), id: z.string() }),
    missing: z.string(),
    where: z.strictObject({ due_at: z.string(), people: ids }),
    revoke: z.strictObject({ person: z.string(), group: z.string(), member: z.string(), loses: z.string(), gets: z.string() }),
    move: z.strictObject({
      folder: z.string(),
      from: z.array(z.string()),
      to: z.array(z.string()),
      loses: ids,
      gains: ids,
    }),
  }),
});

/** What the demo asks, and what must come of it: written by hand beside the made-up company. */
export type DemoScript = z.infer<typeof schema>['demo'];

/** Reads the script of a company. */
export const readDemoScript = async (company: string): Promise<DemoScript> =>
  schema.parse(parse(await readFile(join(company, 'expected.yaml'), 'utf8'))).demo;

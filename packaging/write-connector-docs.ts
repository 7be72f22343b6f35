import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { connectors } from '../connectors/index.ts';
import { withCalls } from './connector-docs.ts';

/** Writes into the page of every connector what it calls, as it declares it. A test holds the pages to that. */

for (const connector of connectors) {
  const path = join(import.meta.dirname, '..', 'connectors', connector.name, 'README.md');
  const page = readFileSync(path, 'utf8');
  const made = withCalls(page, connector);
  if (made === page) continue;
  writeFileSync(path, made);
  process.stdout.write(`connectors/${connector.name}/README.md\n`);
}

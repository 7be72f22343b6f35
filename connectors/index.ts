import type { Connector } from '../src/core/connector.ts';
import { files } from './files/sync.ts';
import { github } from './github/sync.ts';
import { jsonl } from './jsonl/sync.ts';
import { postgres } from './postgres/sync.ts';
import { scim } from './scim/sync.ts';

/** Every connector there is: one import and one entry each. */
export const connectors: readonly Connector[] = [files, github, jsonl, postgres, scim];

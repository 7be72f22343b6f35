import { z } from 'zod';

import type { LinkMade } from '../people.ts';
import { storedJson } from './stored-json.ts';

const emailSchema = z.strictObject({ email: z.string() });
const manualSchema = z.strictObject({ reason: z.string(), operator: z.string(), emails: z.array(z.string()) });

/** How a link was made, as its row says it. */
export const linkMade = ({ method, evidence }: { readonly method: string; readonly evidence: string }): LinkMade =>
  method === 'manual'
    ? { method, evidence: storedJson(manualSchema, evidence, 'the evidence of a link') }
    : { method: 'email', evidence: storedJson(emailSchema, evidence, 'the evidence of a link') };

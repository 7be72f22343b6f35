import { Command } from 'commander';

import { auditListCommand } from './audit-list.ts';
import { auditVerifyCommand } from './audit-verify.ts';
import type { Context } from './context.ts';

/** Shows the audit chain, whether it holds, and whether what it records would be decided again. */
export const auditCommand = (context: Context): Command =>
  new Command('audit')
    .summary('who asked what, and whether that record holds')
    .description('Every answer is recorded before it leaves, in a chain that shows when a row is changed or taken out.')
    .addCommand(auditListCommand(context))
    .addCommand(auditVerifyCommand(context));

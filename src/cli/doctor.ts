import { Command } from 'commander';

import type { Context, GlobalOptions } from './context.ts';
import { type Check, checksOf } from './doctor-checks.ts';
import { type Look, look } from './terminal.ts';
import { aligned, count } from './words.ts';

const LOOKS: Readonly<Record<Check['state'], Look>> = { ok: 'green', warn: 'yellow', fail: 'red' };

/** Says what is wrong and what mends it, and changes nothing. */
export const doctorCommand = ({ parts, terminal, fail }: Context): Command =>
  new Command('doctor')
    .summary('what is wrong, and what mends it')
    .description(
      'Looks at the configuration, the data folder, the index, the audit, each source, the model and the server, ' +
        'and says of each whether it is well. It changes nothing. Exit code 1 when something fails.',
    )
    .addHelpText('after', '\nExample:\n  castellan doctor')
    .action(async (_: unknown, command: Command) => {
      const { config, data, json } = command.optsWithGlobals<GlobalOptions>();
      const patient = await parts.openPatient({ config, data });
      try {
        const checks = await checksOf(patient, parts.now());
        if (json) terminal.out.json({ checks });
        else {
          const rows = aligned(checks.map(({ state, name }) => [state, name]));
          checks.forEach(({ state, says, remedy }, place) => {
            const [shown = '', name = ''] = rows[place] ?? [];
            terminal.out.line(look(LOOKS[state], shown), `  ${name}  ${says}`);
            if (remedy !== undefined) terminal.out.line('      → ', remedy);
          });
          const bad = checks.filter(({ state }) => state !== 'ok').length;
          terminal.out.line(bad === 0 ? 'All is well.' : `${count(bad, 'thing')} to look at.`);
        }
        if (checks.some(({ state }) => state === 'fail')) fail();
      } finally {
        await patient.close();
      }
    });

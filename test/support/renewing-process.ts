import { readFileSync } from 'node:fs';

import { z } from 'zod';

import { fetchOf, openOutgoingLater } from '../../src/open-outgoing.ts';
import { openSignIns } from '../../src/open-sign-ins.ts';
import { aMachine } from './a-machine.ts';
import { configuredPages } from './a-signed-in-source.ts';
import { pages } from './a-signing-source.ts';

/**
 * A process of its own that asks for the pages, `ahead` ms later than it is: renewing-process.ts <json>. Its answer is on stdout.
 * As soon as its provider has answered, and before anything of that is kept, `dies` kills it, and `stops` halts it until somebody
 * lets it go on. `keys`: in place of those of the folder.
 */
const given = z
  .object({
    folder: z.object({ key: z.string(), ledger: z.string() }),
    settings: z.unknown(),
    ahead: z.number(),
    dies: z.boolean(),
    stops: z.boolean(),
    keys: z.string().optional(),
    times: z.number(),
  })
  .parse(JSON.parse(readFileSync(0, 'utf8')));
const settings = pages.settings.parse(given.settings);
const now = (): number => Date.now() + given.ahead;
const outgoing = openOutgoingLater({ now, random: Math.random });
const machine = aMachine({
  now,
  ...(given.keys !== undefined && { env: { CASTELLAN_KEY: given.keys } }),
  outgoing: {
    ...outgoing,
    fetchFor: (errand) => async (input, init) => {
      const response = await outgoing.fetchFor(errand)(input, init);
      const signal = given.dies ? 'SIGKILL' : given.stops ? 'SIGSTOP' : undefined;
      if (signal && errand.name === 'the sign-in of wiki') process.kill(process.pid, signal);
      return response;
    },
  },
});
const signIns = openSignIns(given.folder, machine);
const source = configuredPages(settings);
const fetch = fetchOf(source, machine.outgoing, signIns.of(source));
const ask = async (): Promise<string> => {
  try {
    return String((await fetch(`${settings.url}/pages`)).status);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};
const answers: string[] = [];
for (let time = 0; time < given.times; time += 1) answers.push(await ask());
await signIns.close();
process.stdout.write(JSON.stringify(answers));

import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

import type { AskedOf } from '../openai/told.ts';
import { type Channel, look } from './terminal.ts';

export interface Approver {
  /** No, unless the person says yes; and no once nobody answers any more. */
  approve(call: AskedOf): Promise<boolean>;
  close(): void;
}

/** Asks the person at the keyboard before a call is made: shows all of it, and takes one line. */
export const openApprover = (stdin: Readable, err: Channel, signal: AbortSignal): Approver => {
  const lines = createInterface({ input: stdin, signal })[Symbol.asyncIterator]();
  return {
    approve: async ({ tool, input }) => {
      err.line('The model wants to call ', look('cyan', tool), ' with:');
      for (const line of JSON.stringify(input, null, 2).split('\n')) err.line('  ', line);
      err.line('What it answers goes to the model. Make this call? [y/N]');
      const { value, done } = await lines.next();
      const yes = done !== true && /^\s*y(?:es)?\s*$/iu.test(value);
      if (!yes) err.line(look('dim', done === true ? 'Nobody answers: not made.' : 'Not made.'));
      return yes;
    },
    close: () => void lines.return?.(),
  };
};

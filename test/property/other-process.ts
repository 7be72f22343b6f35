import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import type { RunEnd } from '../../src/store/store.ts';
import type { Said } from './other-process.child.ts';
import type { OtherProcess } from './stage.ts';

/** Starts a second process that writes into indexes as it is told. */
export const startOtherProcess = (): OtherProcess & { readonly end: () => Promise<void> } => {
  const child = fork(fileURLToPath(new URL('other-process.child.ts', import.meta.url)), { serialization: 'advanced' });
  return {
    say: async (path, now, source, { changes, end }) => {
      const told: Said = { path, now, source, changes, cut: end === 'cut' };
      child.send(told);
      return answerOf(child);
    },
    end: async () => {
      child.disconnect();
      await once(child, 'exit');
    },
  };
};

const answerOf = async (child: ChildProcess): Promise<RunEnd> => {
  const stop = new AbortController();
  const said = once(child, 'message', { signal: stop.signal });
  const gone = once(child, 'exit', { signal: stop.signal }).then(() => {
    throw new Error('the other process is gone');
  });
  try {
    const [answer] = (await Promise.race([said, gone])) as [RunEnd];
    return answer;
  } finally {
    gone.catch(() => undefined);
    said.catch(() => undefined);
    stop.abort();
  }
};

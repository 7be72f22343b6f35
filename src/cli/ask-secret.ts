import type { Channel } from './terminal.ts';
import { type Typed, typedLine } from './typed-line.ts';

export interface AskOptions {
  readonly stdin: Typed;
  readonly err: Channel;
  readonly signal: AbortSignal;
}

/** One line from whoever sits there or pipes it in. What is typed is not shown, and no history keeps it. */
export const askSecret = async (question: string, { stdin, err, signal }: AskOptions): Promise<string> => {
  const typed = stdin.isTTY === true;
  if (typed) err.line(question);
  if (typed) stdin.setRawMode?.(true);
  try {
    return (await typedLine(stdin, { signal })) ?? '';
  } finally {
    if (typed) stdin.setRawMode?.(false);
    stdin.destroy(); // to listen on would keep the process
  }
};

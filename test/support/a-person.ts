import { PassThrough } from 'node:stream';

import { aStream, type RememberingStream } from './a-stream.ts';

/** Somebody at a terminal, who types a line whenever they are asked, and then hangs up. `ahead`: what they typed before. */
export const aPerson = (typed: readonly string[], ahead = ''): { stdin: PassThrough; stderr: RememberingStream } => {
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
  stdin.write(ahead);
  const left = [...typed];
  const answer = (): void => {
    const line = left.shift();
    if (line === undefined) stdin.end();
    else stdin.write(`${line}\r`);
  };
  const stderr = aStream({ columns: 200, heard: (piece) => void (piece.endsWith('[y/N] ') && setImmediate(answer)) });
  return { stdin, stderr };
};

import type { Hash } from 'node:crypto';

import { z } from 'zod';

import type { Change } from '../../src/core/change.ts';
import type { Input, Ref, Start } from './api.ts';
import { emptyFold, type Fold, foldLine, type ItemFact } from './fold.ts';
import { documentOf, parseLine, type Statement, type StatementOf } from './map.ts';

/** What stands at the end of a file, for a run and for one document. */

/** How far a run came: `offset` bytes with this SHA-256. */
export const cursorSchema = z.strictObject({
  offset: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/u),
  /** They held a completed whole listing, so nothing is left over in the index that they do not state. */
  whole: z.boolean(),
  /** They were read to the end without a problem. Otherwise the next run reads them again. */
  done: z.boolean(),
});

export type Cursor = z.infer<typeof cursorSchema>;

/** What a run has to say. */
export interface Survey {
  readonly fold: Fold;
  /** The number of the last line that is not blank; 0: there is none. */
  readonly lastLine: number;
  /** Of what the fold knows, only what was stated from this line on is news. */
  readonly since: number;
  readonly cursor: Cursor;
}

/** What the lines from a place on say. */
export const surveyed = async (input: Input, from: Start, digest: Hash, whole = false): Promise<Survey> => {
  const fold = emptyFold();
  let lastLine = 0;
  for await (const lines of input.lines(from, digest)) {
    for (const line of lines) foldLine(fold, line.ref, parseLine(line));
    lastLine = lines.at(-1)?.ref.number ?? lastLine;
  }
  const cursor = { offset: input.size, sha256: digest.digest('hex'), whole, done: false };
  return { fold, lastLine, since: from.number, cursor };
};

/** Reads a line again, as the kind of line it was. */
export type Read = <Type extends Statement['type']>(ref: Ref, type: Type) => Promise<StatementOf<Type>>;

/** Reads a line again that was understood before. */
export const lookUp = (input: Input, signal: AbortSignal): Read => {
  const reader = input.reader();
  return async (ref, type) => {
    signal.throwIfAborted();
    const parsed = parseLine({ ref, ended: true, text: await reader(ref) });
    if ('statement' in parsed && isOf(parsed.statement, type)) return parsed.statement;
    throw new Error(`line ${ref.number} is read as something else than before`); // its check sum is the same: a bug
  };
};

const isOf = <Type extends Statement['type']>(statement: Statement, type: Type): statement is StatementOf<Type> =>
  statement.type === type;

type DocumentFact = ItemFact & { readonly body: Ref };

/** Is there a text to yield? Not below a line that could not be read: it may have meant to close it. */
export const isDocument = (item: ItemFact, since: number): item is DocumentFact =>
  item.dark === undefined && item.body?.type === 'document' && item.body.number >= since;

/** The document, with the acl that stands for it. */
export const documentStanding = async (
  { body, acl }: DocumentFact,
  read: Read,
  readAcl: Read,
): Promise<Extract<Change<Cursor>, { type: 'document' }>> => {
  const line = await read(body, 'document');
  return { type: 'document', document: documentOf(line, acl ? (await readAcl(acl, 'acl')).acl : line.acl) };
};

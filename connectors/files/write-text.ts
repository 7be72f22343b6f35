import { createHash } from 'node:crypto';

import { z } from 'zod';

import { AppError } from '../../src/core/errors.ts';

/** More is nothing that a person looks through before they say yes. In bytes. */
export const TEXT_MAX = 1_000_000;
const EDITS_MAX = 100;

export const textSchema = z
  .string()
  .max(TEXT_MAX)
  .refine((text) => text.isWellFormed(), { error: 'holds half a character' });

/** What a text becomes: pieces of it replaced, or the whole. */
export const editSchema = z
  .strictObject({
    edits: z
      .array(z.strictObject({ find: textSchema.min(1), replace: textSchema }))
      .min(1)
      .max(EDITS_MAX)
      .exactOptional()
      .describe('Replacements, one after the other. Each `find` must occur exactly once, letter by letter.'),
    text: textSchema.exactOptional().describe('The whole new text, instead of `edits`.'),
  })
  .refine(({ edits, text }) => (edits === undefined) !== (text === undefined), { error: 'must have either edits or text' });
export type Edit = z.infer<typeof editSchema>;

/** What an edit makes of a text. Rejects with `invalid_input` where it does not fit. */
export const edited = (before: string, { edits = [], text }: Edit): string => {
  const after = text ?? edits.reduce((so, { find, replace }, at) => replaced(so, { find, replace, at }), before);
  if (after !== before) return after;
  throw new AppError('invalid_input', 'This edit changes nothing. Say what should be otherwise.');
};

const replaced = (
  text: string,
  { find, replace, at }: { readonly find: string; readonly replace: string; readonly at: number },
): string => {
  const first = text.indexOf(find);
  const again = first < 0 ? -1 : text.indexOf(find, first + 1);
  if (first >= 0 && again < 0) return text.slice(0, first) + replace + text.slice(first + find.length);
  const how = first < 0 ? 'does not occur' : 'occurs more than once';
  const ends = text.includes('\r\n') && find.includes('\n') ? ' Lines of this file end with \\r\\n.' : '';
  throw new AppError('invalid_input', `edits[${at}].find ${how} in the text. Copy a piece of it that is there once.${ends}`);
};

/** The text of a file. A mark of byte order is a part of it, so that the same text is the same bytes. */
export const textOf = (bytes: Uint8Array): string => {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new AppError('invalid_input', 'The file is no UTF-8 text, so it cannot be edited here.', { cause });
  }
};

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The bytes of a text. Rejects with `too_large`. */
export const bytesOf = (text: string, max: number): Uint8Array => {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.byteLength <= max) return bytes;
  throw new AppError('too_large', `The text is ${bytes.byteLength} bytes; at most ${max} are written. Split it.`);
};

/** The revision of a file: its bytes, and nothing else of it. */
export const revisionOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** What a person would not see in a text. */
export const unseenIn = (before: string, after: string): readonly string[] => {
  const more = countOf(after) - countOf(before);
  return more > 0 ? [`The text gains ${more} ${more === 1 ? 'character that is' : 'characters that are'} not shown.`] : [];
};

const countOf = (text: string): number => [...text.matchAll(UNSEEN)].length;
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\p{Co}]|(?![\t\n\r])\p{Cc}/gu;

import { clip } from './clip.ts';
import { cutBefore } from './cut.ts';
import type { FieldChange } from './write.ts';

/** In bytes of JSON: one text before or after. */
const TEXT_MAX = 2_000;
/** So much of what stays the same is shown on either side of what does not, in characters. */
const AROUND = 120;

/** A text without what nobody sees: it stands where somebody decides by what they see. */
export const plain = (text: string): string => text.replace(LINE_ENDS, '\n').replace(UNSEEN, '');

const LINE_ENDS = /[\u2028\u2029]/gu;
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{Cf}]+|[^\P{Cc}\n\t]+/gu;

/** A change as it is shown. */
export interface ShownChange {
  readonly before?: string;
  readonly after?: string;
  /** How many characters of the two are left out although they may differ. */
  readonly left: number;
}

/** The part of a change that matters: of long texts what differs and a little around, cut where even that is long. */
export const shownChange = ({ before, after }: FieldChange): ShownChange => {
  const whole = { ...(before !== undefined && { before: plain(before) }), ...(after !== undefined && { after: plain(after) }) };
  const texts = differing(whole);
  return {
    ...(texts.before !== undefined && { before: cut(texts.before) }),
    ...(texts.after !== undefined && { after: cut(texts.after) }),
    left: leftOf(texts.before) + leftOf(texts.after),
  };
};

const cut = (text: string): string => clip(text, TEXT_MAX);
const leftOf = (text = ''): number => (cut(text) === text ? 0 : text.length - cut(text).length + 1);

type Texts = Pick<ShownChange, 'before' | 'after'>;

const differing = (texts: Texts): Texts => {
  const { before, after } = texts;
  if (before === undefined || after === undefined) return texts;
  if ([before, after].every((text) => cut(text) === text)) return texts;
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start] === after[start]) start++;
  let end = 0;
  while (end < most - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  const from = cutBefore(before, lineBefore(before, start));
  const tail = before.length - lineAfter(before, before.length - end);
  const part = (text: string): string => `${same(from)}${text.slice(from, text.length - tail)}${same(tail)}`;
  return { before: part(before), after: part(after) };
};

/** Where the line of a place begins, if that is near. */
const lineBefore = (text: string, at: number): number => {
  const line = text.lastIndexOf('\n', at - 1) + 1;
  return at === 0 ? 0 : Math.max(line, at - AROUND);
};

const lineAfter = (text: string, at: number): number => {
  const line = text.indexOf('\n', at);
  const to = Math.min(line < 0 ? text.length : line, at + AROUND);
  return /[\udc00-\udfff]/u.test(text.charAt(to)) ? to + 1 : to;
};

const same = (length: number): string => (length === 0 ? '' : `[… ${length} characters that stay …]`);

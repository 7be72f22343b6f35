import { z } from 'zod';

import { AppError } from '../../src/core/errors.ts';
import type { Repository } from './replies.ts';

/** GitHub takes 65,536 characters of a body and 256 of a title; the mark of the write needs some of them. */
const BODY_MAX = 65_000;
const TITLE_MAX = 256;
/** Whoever wants to tell more people than these writes to them. */
const MENTIONS_MAX = 10;

/** What GitHub would take out, or refuse: then it would write something else than was shown. */
const text = z.string().refine((given) => given.isWellFormed() && !given.includes('\0'), { error: 'holds what no text can' });
const line = text.trim().refine((given) => !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(given), { error: 'must be one line' });
export const titleSchema = line.min(1).max(TITLE_MAX).describe('Plain text, one line');
export const bodySchema = text.max(BODY_MAX).describe('Markdown');
export const labelsSchema = z.array(line.min(1).max(50)).max(100);

/** What stands behind every text that is written: GitHub shows it to nobody, and by it a write is found again. */
const markOf = (intent: string): string => `<!-- castellan:${intent} -->`;
const MARK = /\n*<!-- castellan:[0-9a-f]{32} -->\s*$/u;

/** A text as it is sent. */
export const marked = (text: string, intent: string): string => `${text}\n\n${markOf(intent)}`;

/** Whether a text was sent by this write. */
export const isMarked = (text: string | null, intent: string): boolean => text?.includes(markOf(intent)) === true;

/** A text as whoever wrote it wrote it. */
export const unmarked = (text: string | null): string => (text ?? '').replace(MARK, '');

/** What GitHub reads as a letter of a mention, however it is written. */
const decoded = (text: string): string =>
  text
    .replace(/&(?:commat|#0*64|#x0*40);/giu, '@')
    .replace(/&(?:sol|#0*47|#x0*2f);/giu, '/')
    .normalize('NFKC');

const MENTION = /(?<![A-Za-z0-9_])@([A-Za-z0-9](?:[A-Za-z0-9-]{0,99}))(?:\/([A-Za-z0-9_.-]+))?/gu;

/** Sentences about whom a text notifies. Throws `invalid_input` for one that would notify a whole team, or a crowd. */
export const mentionsIn = (text: string, { owner }: Pick<Repository, 'owner'>): string[] => {
  const people = new Set<string>();
  for (const [, name = '', team] of decoded(text).matchAll(MENTION)) {
    if (team !== undefined && name.toLowerCase() === owner.login.toLowerCase()) {
      throw new AppError(
        'invalid_input',
        `"@${name}/${team}" would notify a whole team. Write the name of the team without the @, and propose it again.`,
      );
    }
    if (team === undefined) people.add(name.toLowerCase());
  }
  if (people.size > MENTIONS_MAX) {
    throw new AppError(
      'invalid_input',
      `It would notify ${people.size} people, and at most ${MENTIONS_MAX} may be. Leave out the @ of some.`,
    );
  }
  return people.size === 0 ? [] : [`It notifies ${[...people].map((name) => `@${name}`).join(', ')}.`];
};

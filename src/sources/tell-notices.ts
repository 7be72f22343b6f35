import type { Notice } from '../core/notice.ts';

/** Notices of one source that are remembered, so that each is told once. */
const TOLD_MAX = 1_000;

/** Tells what a source has to say to whoever runs it: every sentence once. */
export const tellNotices = (source: string, tell: (sentence: string) => void): ((notice: Notice) => void) => {
  const told = new Set<string>();
  return (notice) => {
    if (notice.kind === 'unknown_field') return;
    const sentence = `${source}: ${sentenceOf(notice)}`;
    if (told.has(sentence) || told.size >= TOLD_MAX) return;
    told.add(sentence);
    tell(sentence);
  };
};

const sentenceOf = (notice: Exclude<Notice, { kind: 'unknown_field' }>): string => {
  if (notice.kind === 'advice') return notice.message;
  const { call, at, link } = notice;
  const when = at === undefined ? 'is to end' : `ends on ${at.toISOString().slice(0, 10)}`;
  return `What Castellan calls there ${when} (${call}). Look for a newer version${link === undefined ? '' : `; ${link} says more`}.`;
};

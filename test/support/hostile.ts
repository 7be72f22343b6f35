import { aPassage, aVisibleDocument } from './a-view.ts';
import type { FetchFound } from '../../src/core/view.ts';

/** Characters that cost a model or JSON as much as any: a token a byte, six bytes a character, one endless word. */
export const COSTLY = ['𒀱', '\u0001', '😀', 'ꙮ', '\\', '"', '\u{e0041}', 'Ⴟ', 'a', '漢'] as const;

/** A document that is as large as it can be wherever a source may write. */
export const aHostileDocument = (filler: string, { id = 'handbook:hostile', passages = 40 } = {}): FetchFound => {
  const long = filler.repeat(1_500).slice(0, 1_500).toWellFormed();
  const many = Array.from({ length: 500 }, (_, at) => `${at}${long}`);
  return {
    document: aVisibleDocument({
      id,
      title: long.repeat(10),
      type: long,
      author: long,
      labels: many,
      fields: { ...Object.fromEntries(many.map((name) => [name, name])), ['__proto__']: long },
    }),
    passages: Array.from({ length: passages }, (_, ordinal) =>
      aPassage({
        ordinal,
        text: long,
        location: { headings: many, page: 1, slide: 1, sheet: long, cells: long, message: long, row: long, field: long },
      }),
    ),
  };
};

import { contentHashOf } from '../../src/store/content-hash.ts';
import type { NewChunk, NewDocument, NewText, Write } from '../../src/store/store.ts';
import { impactsOf } from '../../src/store/terms.ts';
import { only } from './builders.ts';

/** The text of a document as it is stored: a chunk for each piece, found by its own words and those of the title. */
export const aText = (title: string, ...pieces: readonly string[]): NewText => ({
  contentHash: contentHashOf(title, pieces.join('')),
  chunks: pieces.map((text): NewChunk => ({
    text,
    location: {},
    stripped: 0,
    terms: impactsOf(title, text),
    embedded: `${title}\n${text}`,
  })),
});

/** A document ready to be stored; everyone may see it unless said otherwise. */
const aNewDocument = (given: Partial<NewDocument> = {}): NewDocument => {
  const { title = 'Plan' } = given;
  return {
    key: 'plan',
    title,
    type: 'page',
    url: 'https://wiki.acme.test/plan',
    updatedAt: 1,
    acl: only('everyone'),
    labels: [],
    fields: {},
    parser: 'plain@1',
    text: aText(title, 'We move in spring.'),
    ...given,
  };
};

/** The same, as one step of a batch. */
export const document = (given: Partial<NewDocument> = {}): Write => ({ type: 'document', document: aNewDocument(given) });

/** Its confirmation: everything but the text, which did not change. */
export const confirmation = (given: Partial<NewDocument> = {}): Write => {
  const { text: _text, ...rest } = aNewDocument(given);
  return { type: 'document', document: rest };
};

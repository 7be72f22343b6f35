import type { Marked } from './marked.ts';

/** A piece of a document that no chunk crosses. The texts of all sections, joined, are the document's text. */
export interface Section extends Marked {
  /** The titles it stands under, outermost first. */
  readonly headings: readonly string[];
}

/** A document as it was read: inert, and cut where its author cut it. */
export interface Parsed {
  readonly sections: readonly Section[];
}

/** Reads one format. `hosts` are those whose addresses may stay. */
export type Parse = (text: string, hosts: ReadonlySet<string>) => Parsed;

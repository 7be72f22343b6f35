import { inert } from './inert.ts';
import type { Parse } from './parsed.ts';

/** Plain text is one section. Its links are made inert too: whoever shows it may take it for Markdown. */
export const parsePlain: Parse = (text, hosts) => ({ sections: [{ ...inert(text, hosts), headings: [] }] });

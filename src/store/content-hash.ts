import { hash } from 'node:crypto';

/** What a document says, as one hash: SHA-256 of title and text, hex. */
export const contentHashOf = (title: string, text: string): string => hash('sha256', JSON.stringify([title, text]));

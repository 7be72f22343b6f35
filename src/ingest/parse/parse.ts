import type { Format } from '../../core/document.ts';
import { AppError } from '../../core/errors.ts';
import { parseMarkdown } from './markdown.ts';
import type { Parse, Parsed } from './parsed.ts';
import { parsePlain } from './plain.ts';

/** Another number whenever the same text would be read, made inert or cut differently. */
export const PARSER_VERSION = 2;

const PARSERS: Readonly<Partial<Record<Format, Parse>>> = { plain: parsePlain, markdown: parseMarkdown };

/** Reads a text of a known format; one that is not read yet is refused by its name. */
export const parse = (text: string, format: Format, hosts: ReadonlySet<string>): Parsed => {
  const read = PARSERS[format];
  if (!read) throw new AppError('invalid_input', `Documents of this kind are not read yet (text/${format}).`);
  return read(text, hosts);
};

const FORMATS: Readonly<Record<string, Format>> = { 'text/plain': 'plain', 'text/markdown': 'markdown' };

/** The format of bytes of a media type; one that is not read yet is refused by its name. */
export const formatOf = (mediaType: string): Format => {
  const format = FORMATS[mediaType.split(';', 1)[0]?.trim().toLowerCase() ?? ''];
  if (!format) throw new AppError('invalid_input', `Documents of this kind are not read yet (${mediaType}).`);
  return format;
};

/** Bytes as text. They must be UTF-8: a guess would index what nobody wrote. */
export const textOf = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes); // takes a byte order mark out
  } catch (cause) {
    throw new AppError('invalid_input', 'It is not valid UTF-8. Save it as UTF-8.', { cause });
  }
};

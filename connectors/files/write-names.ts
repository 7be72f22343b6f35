import { AppError } from '../../src/core/errors.ts';
import { DEPTH_MAX } from './entries.ts';
import { folded, isControl } from './map.ts';

/** What a file system takes for one name, in bytes. */
const NAME_BYTES_MAX = 255;
/** What a key may have, in characters. */
export const PATH_MAX = 1000;

/**
 * Letters, digits and few others. So no name that is hidden, or that another file system or another program takes for something
 * else: no backslash, colon, tilde (short names), quote or control character.
 */
const NAME = /^[\p{L}\p{N}_(][\p{L}\p{M}\p{N} ._()+,&@=#-]*$/u;
/** Names that stand for a device in Windows, whatever ending they have. */
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|clock\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/iu;
/** Kinds of file that are text, that people read, and that no program is set up by. */
const TEXT = /\.(?:md|markdown|txt|text|csv)$/iu;

/** Is this the name of a text that may be written? */
export const isText = (name: string): boolean => TEXT.test(name) && !isControl(name);

/** The names of a path, from the root down. Rejects with `invalid_input` a path at which no file may be made. */
export const namesOf = (path: string): readonly string[] => {
  const fault = pathFault(path);
  if (fault !== undefined) throw new AppError('invalid_input', `No file can be made at this path: ${fault}.`);
  return path.split('/');
};

/** What keeps a file from being made at this path, whatever is there; undefined for nothing. */
export const pathFault = (path: string): string | undefined => {
  if (path.length > PATH_MAX) return `it is longer than ${PATH_MAX} characters`;
  const names = path.split('/');
  if (names.length > DEPTH_MAX) return `it is deeper than ${DEPTH_MAX} folders`;
  // Folders are found by the names that are there, so theirs need no more.
  if (names.some((name) => name === '' || name === '.' || name === '..'))
    return 'it must be names with a / between them, below the root';
  return nameFault(names.at(-1) ?? '');
};

const nameFault = (name: string): string | undefined => {
  if (Buffer.byteLength(name) > NAME_BYTES_MAX) return `its name is longer than ${NAME_BYTES_MAX} bytes`;
  if (isControl(name)) return 'control files are not written';
  if (!NAME.test(name))
    return 'its name may hold letters, digits, spaces and ._-()+,&@=#, and begins with a letter, a digit, _ or (';
  // What changes when it is composed, or is not shown, could be taken for another name.
  if (name !== name.normalize('NFKC') || folded(name) !== name.toLowerCase())
    return 'its name is written in a form that could be taken for another name';
  if (DEVICE.test(name)) return 'its name is that of a device';
  return isText(name) ? undefined : 'its name must end in .md, .markdown, .txt, .text or .csv';
};

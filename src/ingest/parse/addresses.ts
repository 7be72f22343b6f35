import { type Marked, rewrite } from './marked.ts';
import { GAP, judge } from './target.ts';

/** In `code` a foreign address keeps its path, since that is what the code is about; it never keeps its scheme. */
export type Mode = 'prose' | 'code';

/**
 * Leaves no address that leads outside the given hosts, whatever stands around it: text is shown in pieces,
 * so a fence or bracket that makes one harmless here may be missing there. Takes linear time on any text.
 */
export const withoutForeignAddresses = (marked: Marked, hosts: ReadonlySet<string>, mode: Mode): Marked => {
  if (!/[:\\/&]/u.test(marked.text)) return marked;
  const name = ({ 0: found, index, input }: RegExpExecArray): string | undefined => {
    const end = TRAILING.exec(found)?.index ?? found.length;
    const address = found.slice(0, end);
    const target = judge(address, hosts);
    const closed = CLOSED.test(input.slice(index + found.length, index + found.length + CLOSED_MAX));
    if (target.keep ? closed || NAMES_PATH.test(address) : closed && NAMES_NOTHING.test(address)) return undefined;
    // What follows could belong to the host; behind a slash it cannot.
    if (target.keep) return `${address}/${found.slice(end)}`;
    const rest = mode === 'code' ? withoutScheme(address) : '';
    // Never empty: what stands before and after it must not become a new address.
    return (rest || target.name || 'link') + found.slice(end);
  };
  const bare = rewrite(marked, ADDRESS, name);
  const targets = rewrite(bare, TARGET, name);
  const scripts = rewrite(targets, SCRIPT, ({ 0: found }) => found.replace(':', ' '));
  return rewrite(scripts, BRACKETED, ({ 0: found, 1: target = '', 2: ended }) =>
    ended === undefined && target.length < TARGET_MAX && judge(target, hosts).keep ? undefined : found.replace(']', '] '),
  );
};

/** Where an address ends: longer ones are cut, and what remains of them is words. */
const REST = '[^\\s<>"\'`|)\\]}]{0,4000}';
const TRAILING = /[.,;:!?*_~]{1,100}$/u;
/** Where the host ends: by a path, or where a word ends. A bracket alone is none, since readers disagree on what may follow it. */
const NAMES_PATH = /^[^/]*\/\/[^/?#]+[/?#]/u;
const NAMES_NOTHING = /^[a-z]+:[\\/]+$/iu;
const CLOSED = /^[()[\]<>"'.,;:!?*_]{0,7}(?:[ \t\n]|$)/u;
/** What `CLOSED` looks at: its end is the text's end only where it is shorter. */
const CLOSED_MAX = 8;
const SLASH = String.raw`(?:\\?[\\/])`;
/** Browsers take any number of slashes of either kind after a web scheme. */
const ADDRESS = new RegExp(`(?:[a-z][a-z0-9+.\\-]{1,30}:${SLASH}{2}|(?:https?|ftp|wss?|file):${SLASH}{1,100})${REST}`, 'giu');
/** Where a link target or attribute begins. */
const OPENING = String.raw`(?<=(?:[("'=<]|\]:)${GAP})`;
/** There an address needs no slashes, or no scheme. */
const TARGET = new RegExp(`${OPENING}(?:(?:https?|ftp|wss?):|${SLASH}{2,100})(?=[\\p{L}\\p{N}%[])${REST}`, 'giu');
const SCRIPT = new RegExp(`${OPENING}(?:javascript|vbscript|data)\\s{0,3}:`, 'giu');
/** Of what is longer, or holds a bracket, nobody can say where it leads. */
const TARGET_MAX = 4_000;
/** The target of a link or of a definition; it may be spelt with character references. */
const BRACKETED = new RegExp(String.raw`\](?:\(|:)(?=${GAP}<?\s*([^\s()<>\]]{1,${TARGET_MAX}})(\])?)`, 'gu');

/** How often a scheme may come back by taking out another one within it. */
const ROUNDS = 4;

const withoutScheme = (address: string): string => {
  let rest = address;
  for (let round = 0; round < ROUNDS; round++) {
    const next = rest.replace(/(?:[a-z][a-z0-9+.-]{1,30}:)?(?:\\?[\\/]){2,}|(?:https?|ftp|wss?|file):/giu, (_found, at: number) =>
      at === 0 ? '' : '/',
    );
    if (next === rest) return rest.replace(/^[\\/:]+/u, '');
    rest = next;
  }
  return '';
};

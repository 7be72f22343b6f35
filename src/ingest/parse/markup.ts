import { type Edit, edit, type Marked, rewrite } from './marked.ts';
import { GAP, judge } from './target.ts';

/** Makes images, links and raw HTML plain text that says what they were. Takes linear time on any text. */
export const withoutMarkup = (marked: Marked, hosts: ReadonlySet<string>): Marked =>
  withoutLinks(withoutTags(withoutUnseen(marked), hosts), hosts);

/** Links within links, deeper than this, are left to the addresses' rule. */
const ROUNDS = 4;

const withoutLinks = (marked: Marked, hosts: ReadonlySet<string>): Marked => {
  if (!marked.text.includes('[')) return marked;
  let now = marked;
  for (let round = 0; round < ROUNDS; round++) {
    const before = now;
    now = rewrite(now, IMAGE, ({ 1: alt = '' }) => image(alt));
    now = rewrite(now, LINK, ({ 1: text = '', 2: written = '' }) => {
      const target = judge(unwrapped(written), hosts);
      return target.keep ? undefined : named(text, target.name);
    });
    if (now === before) break;
  }
  return rewrite(now, DEFINITION, ({ 1: indent = '', 2: label = '', 3: written = '' }) => {
    const target = judge(unwrapped(written), hosts);
    return target.keep ? undefined : `${indent}${label}: ${target.name}`;
  });
};

/** Text in brackets, which may hold brackets once more: the alternatives begin differently, so nothing is tried twice. */
const TEXT = String.raw`((?:[^\[\]\\]|\\[^]|\[[^\[\]]{0,1000}\]){0,1000})`;
const DESTINATION = String.raw`(<[^<>\n]{0,4000}>|[^\s()<>]{0,4000}(?:\([^\s()<>]{0,1000}\)[^\s()<>]{0,1000}){0,5})`;
const TITLE = String.raw`(?:(?=\s)${GAP}(?:"[^"]{0,1000}"|'[^']{0,1000}'|\([^()]{0,1000}\)))?`;
const IMAGE = new RegExp(String.raw`(?<!\\)!\[${TEXT}\](?:\(${GAP}${DESTINATION}${TITLE}${GAP}\)|\[[^\[\]]{0,999}\])`, 'gu');
const LINK = new RegExp(String.raw`(?<!\\)\[${TEXT}\]\(${GAP}${DESTINATION}${TITLE}${GAP}\)`, 'gu');
const DEFINITION = new RegExp(
  String.raw`^([ \t>]{0,20})\[([^\[\]\n]{1,999})\]:${GAP}(<[^<>\n]{0,4000}>|[^\s<>]{1,4000})${TITLE}`,
  'gmu',
);

const unwrapped = (destination: string): string => (destination.startsWith('<') ? destination.slice(1, -1) : destination);

const image = (alt: string): string => `[image: ${alt.replace(/[[\]]/gu, '').trim()}]`;

const named = (text: string, name: string): string => (name === '' ? text : `${text} (${name})`);

/** Comments, and the insides of scripts and styles: nobody who looks at the document sees them. */
const withoutUnseen = (marked: Marked): Marked =>
  UNSEEN.reduce((now, [opening, closing]) => edit(now, spans(now.text, opening, closing)), marked);

const UNSEEN: readonly (readonly [RegExp, RegExp])[] = [
  [/<!--/gu, /-->/gu],
  [/<script(?=[\s/>])/giu, /<\/script\s{0,10}>/giu],
  [/<style(?=[\s/>])/giu, /<\/style\s{0,10}>/giu],
];

/** From each opening to its closing. An opening that is never closed goes alone, so that what it hid can be seen. */
function* spans(text: string, opening: RegExp, closing: RegExp): Iterable<Edit> {
  let after = 0;
  let last: { readonly index: number; readonly end: number } | undefined = { index: -1, end: -1 };
  for (const { index, 0: found } of text.matchAll(opening)) {
    if (index < after) continue;
    const inside = index + found.length;
    if (last && last.index < inside) last = next(text, closing, inside);
    after = last?.end ?? inside;
    yield { start: index, end: after, text: '' };
  }
}

const next = (text: string, pattern: RegExp, from: number): { index: number; end: number } | undefined => {
  pattern.lastIndex = from;
  const found = pattern.exec(text);
  return found ? { index: found.index, end: found.index + found[0].length } : undefined;
};

const HTML = /<(\/?)([a-z][a-z0-9-]{0,30})((?:[\s/][^<>]{0,5000})?)>/giu;
const AUTOLINK = /<([a-z][a-z0-9+.-]{1,30}:[^\s<>]{0,4000})>/giu;
/** Elements that load, run, ask or lead somewhere. */
const ACTIVE =
  'a|applet|area|audio|base|body|button|embed|form|frame|iframe|image|img|input|link|math|meta|object|script|source|style|svg|template|textarea|track|video';
const ACTIVE_NAME = new RegExp(`^(?:${ACTIVE})$`, 'iu');
const ACTIVE_OPENING = new RegExp(String.raw`<(?=/?(?:${ACTIVE})[\s/>])`, 'giu');

const withoutTags = (marked: Marked, hosts: ReadonlySet<string>): Marked => {
  if (!marked.text.includes('<')) return marked;
  const links = rewrite(marked, AUTOLINK, ({ 1: written = '' }) => {
    const target = judge(written, hosts);
    return target.keep ? undefined : target.name || 'link';
  });
  return rewrite(links, HTML, ({ 1: slash, 2: name = '', 3: attributes = '' }) => {
    if (/^(?:img|image)$/iu.test(name)) return image(attribute(attributes, 'alt') ?? '');
    if (/^a$/iu.test(name) && slash === '') return linkOpening(attribute(attributes, 'href'), hosts);
    return ACTIVE_NAME.test(name) || attributes.includes('=') ? '' : undefined;
  });
};

/** A tag that could not be read whole stays, but as text: a space after its bracket makes it none. */
export const withoutTagOpenings = (marked: Marked): Marked => rewrite(marked, ACTIVE_OPENING, () => '< ');

/** `<a href=…>` leaves the name of where it led; an address on an own host stays as it is. */
const linkOpening = (href: string | undefined, hosts: ReadonlySet<string>): string => {
  if (href === undefined) return '';
  const target = judge(href, hosts);
  const name = target.keep ? href : target.name;
  return name === '' ? '' : `(${name}) `;
};

const attribute = (attributes: string, name: string): string | undefined => {
  const found = new RegExp(String.raw`[\s/"']${name}\s{0,5}=\s{0,5}(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))`, 'iu').exec(attributes);
  return found?.[1] ?? found?.[2] ?? found?.[3];
};

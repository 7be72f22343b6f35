/** What a link target may still say: all of it, or only the name of where it leads (empty: nothing). */
export type Target = { readonly keep: true } | { readonly keep: false; readonly name: string };

/**
 * Judges where a link leads. Only paths inside the source and addresses on its own hosts are kept, and only
 * where it leads there both as it is written and as Markdown reads it.
 */
export const judge = (written: string, hosts: ReadonlySet<string>): Target => {
  const meant = decoded(written);
  const read = judgeOne(meant, hosts);
  if (!read.keep) return read;
  return URL.canParse(meant) === URL.canParse(written) ? judgeOne(written, hosts) : NOWHERE;
};

/** What hides that it is an address, or cannot be read as one. */
const NOWHERE: Target = { keep: false, name: '' };

const judgeOne = (target: string, hosts: ReadonlySet<string>): Target => {
  const absolute = URL.parse(target);
  if (!absolute) {
    if (SCHEME.test(target)) return NOWHERE;
    const relative = URL.parse(target, 'https://here.invalid/');
    if (!relative) return NOWHERE;
    return relative.hostname === 'here.invalid' ? { keep: true } : foreign(relative.hostname);
  }
  const { protocol, hostname, pathname } = absolute;
  if (protocol === 'mailto:' || protocol === 'tel:')
    return { keep: false, name: NUMBER_OR_MAILBOX.test(pathname) ? pathname : '' };
  if (WEB.has(protocol)) return isOwn(absolute, target, hosts) ? { keep: true } : foreign(hostname);
  return foreign(hostname); // javascript: and data: name no host, so nothing is left of them
};

/**
 * What Markdown and HTML allow between an opening and its target, as part of a pattern: any blanks, and on the next line the marks
 * of a quotation. It stops only before what is no blank, so that nothing is tried twice.
 */
export const GAP = String.raw`[^\S\n]*(?:\n[\s>]*)?(?!\s)`;

const NUMBER_OR_MAILBOX = /^[\w.+@%-]{1,300}$/u;
const SCHEME = /^\s*[a-z][a-z0-9+.-]*:/iu;
/** Schemes that a source's own hosts are reached by. */
const WEB: ReadonlySet<string> = new Set(['http:', 'https:']);

/** Programs disagree on where an address with a user name, a backslash or more slashes leads, so it is nobody's own. */
const isOwn = ({ host, hostname }: URL, target: string, hosts: ReadonlySet<string>): boolean =>
  (hosts.has(hostname) || hosts.has(host)) && PLAIN.test(target) && !target.includes('\\');

const PLAIN = /^https?:\/\/[\p{L}\p{N}.-]+(?::\d{1,5})?(?:[/?#]|$)/iu;

/** Only what a host name is made of: it must not become part of another address. */
const foreign = (hostname: string): Target => ({ keep: false, name: hostname.replace(/[^a-z0-9.-]/gu, '') });

/** Names of characters that matter in an address; those of letters do not exist. */
const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  bsol: '\\',
  colon: ':',
  commat: '@',
  lowbar: '_',
  newline: '\n',
  num: '#',
  period: '.',
  quest: '?',
  sol: '/',
  tab: '\t',
};
const ENTITY = /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));/giu;

/** A target as Markdown reads it: without its backslashes and character references. */
const decoded = (target: string): string =>
  target.replace(/\\([!-/:-@[-`{-~])/gu, '$1').replace(ENTITY, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return NAMED[name.toLowerCase()] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number.parseInt(decimal, 10);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code).toWellFormed() : '\ufffd';
  });

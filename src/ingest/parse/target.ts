/** What a link target may still say: all of it, or only the name of where it leads (empty: nothing). */
export type Target = { readonly keep: true } | { readonly keep: false; readonly name: string };

/** Judges where a link leads. Only paths inside the source and addresses on its own hosts are kept. */
export const judge = (written: string, hosts: ReadonlySet<string>): Target => {
  const target = decoded(written);
  const absolute = URL.parse(target);
  if (!absolute) {
    const relative = URL.parse(target, 'https://here.invalid/');
    if (!relative) return { keep: false, name: '' };
    return relative.hostname === 'here.invalid' ? { keep: true } : foreign(relative.hostname);
  }
  const { protocol, hostname, pathname } = absolute;
  if (protocol === 'mailto:' || protocol === 'tel:') return { keep: false, name: pathname };
  if (WEB.has(protocol)) return isOwn(absolute, target, hosts) ? { keep: true } : foreign(hostname);
  return foreign(hostname); // javascript: and data: name no host, so nothing is left of them
};

/** Schemes that a source's own hosts are reached by. */
const WEB: ReadonlySet<string> = new Set(['http:', 'https:']);

/** Programs disagree on where an address with a backslash or a user name leads, so it is nobody's own. */
const isOwn = ({ host, hostname, username }: URL, target: string, hosts: ReadonlySet<string>): boolean =>
  (hosts.has(hostname) || hosts.has(host)) && username === '' && !target.includes('\\');

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

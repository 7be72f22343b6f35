/** Where a reply sends us on to, without a name and a password for it; undefined where it does not, or nowhere. */
export const redirectOf = ({ status, headers }: Response, from: URL): URL | undefined => {
  if (![301, 302, 303, 307, 308].includes(status)) return undefined;
  const to = URL.parse(headers.get('location') ?? '', from.href);
  if (!to || !headers.has('location')) return undefined;
  to.username = '';
  to.password = '';
  return to;
};

/** Those headers that can be no secret, whatever a connector calls its own. */
export const plain = (headers: Headers): Headers => new Headers([...headers].filter(([name]) => PLAIN.has(name)));
const PLAIN: ReadonlySet<string> = new Set(['accept', 'accept-language', 'content-type', 'user-agent']);

/** Headers of a call whose body is left behind. */
export const withoutBody = (headers: Headers): Headers => new Headers([...headers].filter(([name]) => !OF_BODY.has(name)));
const OF_BODY: ReadonlySet<string> = new Set(['content-type', 'content-length', 'content-encoding']);

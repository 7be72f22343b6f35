import type { Notice } from '../core/notice.ts';

/** What a reply says of the end of what was called: `Sunset` (RFC 8594) or `Deprecation` (RFC 9745), and where to read about it. */
export const sunsetOf = (headers: Headers, call: string): Notice | undefined => {
  const sunset = headers.get('sunset');
  const deprecation = headers.get('deprecation');
  if (sunset === null && deprecation === null) return undefined;
  const at = sunset === null ? NaN : Date.parse(sunset);
  const link = linkOf(headers.get('link') ?? '');
  return { kind: 'sunset', call, ...(Number.isNaN(at) ? {} : { at: new Date(at) }), ...(link === undefined ? {} : { link }) };
};

/** An address is ASCII: whatever else a header holds, such as a control character of one byte, is shown to nobody. */
const linkOf = (links: string): string | undefined => {
  const [, found] = /<(https:\/\/[!-;=?-~]{1,500})>\s*;[^,]*rel="?(?:sunset|deprecation)"?/u.exec(links) ?? [];
  return found;
};

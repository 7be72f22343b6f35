import type { IncomingMessage } from 'node:http';

/** Headers that must stand once: of two, a proxy before this server may have judged by the other one. */
const ONCE = new Set([
  'host',
  'authorization',
  'origin',
  'content-type',
  'content-length',
  'content-encoding',
  'transfer-encoding',
]);

/** Whether a request can be read in two ways: a header twice that must stand once, a target that names a host of its own, or a body to be decoded. */
export const hasTwoMeanings = ({ rawHeaders, headers, url = '' }: IncomingMessage): boolean => {
  if (!url.startsWith('/') || url.startsWith('//')) return true;
  if (!/^chunked$/iu.test(headers['transfer-encoding'] ?? 'chunked')) return true;
  const seen = new Set<string>();
  return rawHeaders.some((name, at) => {
    const header = name.toLowerCase();
    if (at % 2 === 1 || !ONCE.has(header)) return false;
    const twice = seen.has(header);
    seen.add(header);
    return twice;
  });
};

import type { Fetch } from '../core/connector.ts';

/** The largest known set of keys is a tenth of it. */
const ANSWER_MAX = 512 * 1024;
const TIMEOUT_MS = 5000;

/** Reads a JSON document of an issuer; undefined where there is none. Follows no redirect: it would lead to where nobody configured. */
export const readJson = async (address: URL, fetch: Fetch): Promise<unknown> => {
  const answer = await fetch(address, {
    headers: { accept: 'application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (answer.ok) return JSON.parse(await textOf(answer, address));
  await answer.body?.cancel();
  if (answer.status === 404) return undefined;
  throw new Error(`${address.href} answered ${answer.status}`);
};

/** A length that is announced may be a lie, so what comes is counted. */
const textOf = async ({ body }: Response, { href }: URL): Promise<string> => {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body ?? []) {
    size += piece.byteLength;
    if (size > ANSWER_MAX) throw new Error(`${href} answered more than ${ANSWER_MAX} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
};

import { excessIn } from './excess.ts';
import type { Refusal } from './refusal.ts';

/** Far above the longest question: queries and cursors are a few kB. */
const BODY_MAX = 1_048_576;
/** Far above what a tool's input needs; far below what exhausts a stack, and what is so slow to parse that others wait for it. */
const SHAPE = { levels: 64, values: 2000 };

/** JSON-RPC's own codes. */
const PARSE_ERROR = -32_700;
const INVALID_REQUEST = -32_600;

/** A compressed body would be a small one that becomes a large one. */
export const encodedBody = ({ headers }: Request): Refusal | undefined =>
  /^(?:identity)?$/iu.test(headers.get('content-encoding') ?? '')
    ? undefined
    : { refused: 'invalid_input', status: 415, message: 'Send the body as it is, without Content-Encoding.' };

/** The one message of a request, or why it is none. Reading ends at the limit, whatever was announced. */
export const readMessage = async (request: Request): Promise<{ readonly message: object } | Refusal> => {
  if (!/^application\/json\s*(?:;|$)/iu.test(request.headers.get('content-type') ?? '')) {
    return { refused: 'invalid_input', status: 415, message: 'Send JSON, with Content-Type: application/json.' };
  }
  const body = await readBody(request, BODY_MAX);
  if (body === 'too large') return { refused: 'too_large', message: 'The body is larger than 1 MB. Ask for less at once.' };
  const excess = excessIn(body, SHAPE);
  if (excess) {
    const message = `The body has more than ${SHAPE[excess]} ${excess}. Send it ${excess === 'levels' ? 'flatter' : 'with less'}.`;
    return { refused: 'too_large', status: 400, message };
  }
  return parseMessage(body);
};

const parseMessage = (body: Uint8Array): { readonly message: object } | Refusal => {
  let message: unknown;
  try {
    message = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body));
  } catch {
    return { refused: 'invalid_input', rpc: PARSE_ERROR, message: 'The body is not JSON in UTF-8.' };
  }
  if (Array.isArray(message)) {
    return { refused: 'invalid_input', rpc: INVALID_REQUEST, message: 'Batches are not served. Send one message a request.' };
  }
  return typeof message === 'object' && message !== null
    ? { message }
    : { refused: 'invalid_input', rpc: INVALID_REQUEST, message: 'The body is not a JSON-RPC message.' };
};

/** The bytes of a body, or that there are more than `most`. */
export const readBody = async (request: Request, most: number): Promise<Uint8Array | 'too large'> => {
  const announced = request.headers.get('content-length');
  if (announced === null) return readPieces(request, most);
  if (Number(announced) > most) return 'too large';
  const body = new Uint8Array(await request.arrayBuffer()); // no more than was announced arrives
  return body.length > most ? 'too large' : body;
};

/** Of a body that comes in pieces nobody knows how many there are. */
const readPieces = async ({ body }: Request, most: number): Promise<Uint8Array | 'too large'> => {
  if (!body) return new Uint8Array();
  const reader = body.getReader();
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    size += read.value.length;
    if (size > most) {
      reader.releaseLock(); // not cancelled: that would cut the connection before the answer
      return 'too large';
    }
    pieces.push(read.value);
  }
  return Buffer.concat(pieces);
};

import { ERRORS, type ErrorCode } from '../../core/errors.ts';

/** A request that no tool heard of: what was wrong with it, and what to do. */
export interface Refusal {
  readonly refused: ErrorCode;
  readonly message: string;
  /** Where HTTP knows a status that says it better than the code's own. */
  readonly status?: number;
  /** Where JSON-RPC has a code of its own for it. */
  readonly rpc?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What stands on every answer: it is one caller's, and what it says it is. */
export const SECURITY = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/** JSON-RPC's code for what a server has no better one for. */
const SERVER_ERROR = -32_000;

export const isRefusal = (given: object): given is Refusal => 'refused' in given;

/** As plain routes say it. */
export const plainAnswer = ({ refused, message, status = ERRORS[refused].status, headers = {} }: Refusal): Response =>
  Response.json({ error: { code: refused, message } }, { status, headers });

/** As clients of the protocol expect it: an error that belongs to no request, since none was read. */
export const protocolAnswer = ({
  refused,
  message,
  status = ERRORS[refused].status,
  rpc = SERVER_ERROR,
  headers = {},
}: Refusal): Response =>
  Response.json({ jsonrpc: '2.0', error: { code: rpc, message, data: { code: refused } }, id: null }, { status, headers });

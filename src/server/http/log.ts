import { createHmac } from 'node:crypto';

import { destination, type DestinationStream, pino } from 'pino';

import type { Bearer } from '../../access/token.ts';
import type { Asked } from './asked.ts';
import { callerName } from './limits.ts';

export interface LogOptions {
  /** Where lines go; stderr by default. */
  readonly to?: DestinationStream;
  /** Nobody without it can tell from a line who asked. */
  readonly key: Uint8Array;
}

/** One line of JSON a request: ids, times and codes, and nothing that anybody wrote but the name of a client. */
export interface Log {
  answered(asked: Asked, status: number, ms: number): void;
  failed(error: unknown, request: string): void;
  /** How a caller is named in a line. */
  nameOf(bearer: Bearer): string;
}

/** Enough to tell the callers of a company apart. */
const NAME_BYTES = 6;
/** The name of a client is its issuer's, but it may be long. */
const CLIENT_MAX = 100;
const STDERR = 2;
/** Characters of lines that wait to be written; beyond them lines are lost. */
const BUFFER_MAX = 1_000_000;

/** Opens the log. Everything is a JSON string, so no line can be forged inside another. */
export const openLog = ({ to = toStderr(), key }: LogOptions): Log => {
  const logger = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, to);
  return {
    answered: ({ request, method, path, code, why, client, caller }, status, ms) => {
      const line = { request, method, path, status, ms, code, why, client: client?.slice(0, CLIENT_MAX), caller };
      if (status >= 500) logger.warn(line);
      else logger.info(line);
    },
    // The message of a bug may quote what it met; its kind and place do not.
    failed: (error, request) => logger.error({ request, failed: error instanceof Error ? error.name : typeof error }),
    nameOf: (bearer) => createHmac('sha256', key).update(callerName(bearer)).digest().subarray(0, NAME_BYTES).toString('hex'),
  };
};

/** Whoever reads stderr slowly, or not at all, costs lines and nothing else. */
const toStderr = (): DestinationStream => {
  const stream = destination({ dest: STDERR, sync: false, maxLength: BUFFER_MAX });
  stream.on('error', () => undefined);
  return stream;
};

import { createHash, timingSafeEqual } from 'node:crypto';

import type { Secret } from '../../core/secret.ts';

/** Whether a request carries the operator's secret. How long it takes to say no tells nothing. */
export const bearsSecret = ({ headers }: Request, secret: Secret | undefined): boolean => {
  const given = /^Bearer +(?<token>\S+)$/iu.exec(headers.get('authorization') ?? '')?.groups?.['token'];
  if (secret === undefined || given === undefined) return false;
  return timingSafeEqual(digest(given), digest(secret.reveal()));
};

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

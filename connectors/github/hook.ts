import { createHmac, timingSafeEqual } from 'node:crypto';

import type { Hook } from '../../src/core/hook.ts';
import type { Settings } from './settings.ts';

const ID_MAX = 200;

/** A webhook, signed with the secret that GitHub was given for it. GitHub dates no delivery: only its id tells one from another. */
export const hook: Hook<Settings> = {
  secret: ({ webhook_secret }) => webhook_secret,
  verify: ({ headers, body }, secret) => {
    const [, written] = /^sha256=([0-9a-f]{64})$/u.exec(headers.get('x-hub-signature-256') ?? '') ?? [];
    const id = headers.get('x-github-delivery') ?? '';
    if (written === undefined || id === '' || id.length > ID_MAX) return undefined;
    const meant = createHmac('sha256', secret).update(body).digest();
    return timingSafeEqual(meant, Buffer.from(written, 'hex')) ? id : undefined;
  },
};

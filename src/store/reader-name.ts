import { createHmac } from 'node:crypto';

/** Under what name it is remembered what somebody (`issuer|subject`) was shown. */
export const readerName = (who: string, key: Uint8Array): Uint8Array =>
  createHmac('sha256', key).update(`castellan 1 reader\0${who}`).digest();

import { openKeys } from '../../src/store/keys.ts';

/** The seeds of local tokens under the organisation's key number `n`. */
export const tokenKeys = async (...numbers: readonly number[]): Promise<Awaited<ReturnType<typeof openKeys>>['tokens']> => {
  const CASTELLAN_KEY = numbers.map((n) => Buffer.alloc(32, n).toString('base64')).join(',');
  return (await openKeys({ folder: { key: '/nowhere/key' }, env: { CASTELLAN_KEY }, random: () => new Uint8Array() })).tokens;
};

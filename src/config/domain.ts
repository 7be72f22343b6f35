import { z } from 'zod';

/** A domain, as e-mail addresses are compared: composed and in lower case. */
export const domainSchema = z
  .string()
  .transform((written) => written.trim().normalize('NFC').toLowerCase())
  .refine((name) => /^[^\s@/:.]+(\.[^\s@/:.]+)*$/u.test(name), { error: 'must be a domain, such as acme.test' });

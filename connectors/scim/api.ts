import { z } from 'zod';

import { AppError } from '../../src/core/errors.ts';
import { isName, memberSchema } from '../../src/core/principal.ts';

const EMAILS_MAX = 100;

const name = z.string().refine(isName, { error: 'must not be empty, longer than 1,000 characters, or hold control characters' });
const email = z
  .string()
  .refine((text) => memberSchema.safeParse(`person:${text}`).success, { error: 'must be an e-mail address' });

/** What is looked at of a person that was pushed. The rest is kept and given back. */
const userSchema = z.object({
  userName: name,
  displayName: z.string().exactOptional(),
  name: z.object({ formatted: z.string().exactOptional() }).exactOptional(),
  emails: z
    .array(z.object({ value: email, primary: z.boolean().exactOptional() }))
    .max(EMAILS_MAX)
    .default([]),
  active: z.boolean().default(true),
  userType: z.string().exactOptional(),
});
/** A person as they were pushed. */
export type User = z.infer<typeof userSchema>;

const groupSchema = z.object({ displayName: name, members: z.array(z.object({ value: name })).default([]) });
/** A group as it was pushed. */
export type Group = z.infer<typeof groupSchema>;

/** Can this be an e-mail address? */
export const isEmail = (text: string): boolean => email.safeParse(text).success;

/** Reads a person, or says in one sentence what nobody could be told by. */
export const readUser = (value: unknown): User => read(userSchema, value);

/** Reads a group likewise. */
export const readGroup = (value: unknown): Group => read(groupSchema, value);

const read = <T>(schema: z.ZodType<T>, value: unknown): T => {
  const { data, error } = schema.safeParse(value);
  if (data !== undefined) return data;
  const [issue] = error?.issues ?? [];
  throw new AppError(
    'invalid_input',
    `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'cannot be read'}. Correct it and send it again.`,
  );
};

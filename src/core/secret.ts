import { z } from 'zod';

/** Marks a value that came from the environment, so that a literal in the file can be refused. Made only by the configuration loader. */
export class Secret {
  readonly #value: string;
  /** The environment variable it came from. */
  readonly from?: string;

  constructor(value: string, from?: string) {
    this.#value = value;
    if (from !== undefined) this.from = from;
  }

  /** The value itself: call it where it is sent, never where it is logged. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }
}

/** A setting that is given only as `${ENV}`; a literal is refused. */
export const secret = (): z.ZodType<Secret> =>
  z.instanceof(Secret, { error: 'must be given as ${NAME} and set in the environment, not written into the file' });

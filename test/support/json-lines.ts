/** A line of a source given as JSON lines; `undefined` leaves a key out. */
export type JsonLine = Readonly<Record<string, unknown>>;

/** The lines as the text of a file, each ended. */
export const jsonLines = (lines: readonly JsonLine[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('');

/** A document that everyone may see, in the form of a line. */
export const documentLine = (given: JsonLine = {}): JsonLine => ({
  type: 'document',
  key: 'plan',
  title: 'Plan',
  updated_at: '2026-01-02T03:04:05Z',
  text: 'We move in spring.',
  format: 'plain',
  acl: aclOf(['everyone']),
  ...given,
});

/** A container that everyone may see, in the form of a line. */
export const containerLine = (given: JsonLine = {}): JsonLine => ({
  type: 'container',
  key: 'space',
  title: 'Space',
  acl: aclOf(['everyone']),
  ...given,
});

/** An acl of one term. */
export const aclOf = (allow: readonly string[], deny: readonly string[] = []): JsonLine => ({
  terms: [{ allow, deny, from: 'test' }],
});

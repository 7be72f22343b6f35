/** What an administrator should know of a source though every document could be read. Counted per run, summed up by `doctor`. */
export type Notice =
  /** A reply held a field this connector does not know: `path` as in `issue.reactions.rocket`, with `[]` for any element. */
  | { readonly kind: 'unknown_field'; readonly call: string; readonly path: string }
  /** The source announced the end of what we call (RFC 8594, RFC 9745): `at` where it named a day. */
  | { readonly kind: 'sunset'; readonly call: string; readonly at?: Date; readonly link?: string }
  /** Something is less than it could be, and this is the sentence that says what and what to do. */
  | { readonly kind: 'advice'; readonly message: string };

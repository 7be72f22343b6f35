/** What an administrator should know of a source though every document could be read. It is told on stderr, once a process. */
export type Notice =
  /** The source announced the end of what we call (RFC 8594, RFC 9745): `at` where it named a day. */
  | { readonly kind: 'sunset'; readonly call: string; readonly at?: Date; readonly link?: string }
  /** Something is less than it could be, and this is the sentence that says what and what to do. */
  | { readonly kind: 'advice'; readonly message: string };

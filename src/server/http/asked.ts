/** What is known of one request while it is answered: for its log line and the metrics, never for the answer. */
export interface Asked {
  /** Made here, never the client's. */
  readonly request: string;
  readonly startedAt: number;
  readonly method: string;
  /** One of our routes, or `other`: what a stranger writes into a path goes into no log. */
  readonly path: string;
  /** How it ended, where that is more than a status. */
  code?: string;
  /** Why nobody is known to ask: for the operator alone. */
  why?: string;
  client?: string;
  /** The caller, as a short keyed hash. */
  caller?: string;
}

/** What the app knows of each request it serves. */
export interface HttpEnv {
  readonly Bindings: {
    /** Node's own request, where there is one. */
    readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } };
  };
  readonly Variables: { asked: Asked };
}

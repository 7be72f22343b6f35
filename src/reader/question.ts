import type { Identity } from '../core/caller.ts';
import type { Footing, FootingAsked } from '../core/footing.ts';
import type { LiveNeed, LiveWord } from '../core/live.ts';
import type { Rules } from '../core/rules.ts';
import type { Basis, ExplainFound, FetchFound, Missing, SearchFound, SearchRequest, VisibleSource } from '../core/view.ts';

/** What crosses to the thread. */
export type Question =
  /** Can the index be read at all? */
  | { readonly kind: 'open' }
  | (Asker & Heard & Sought)
  /** `fingerprint`: of the model by which passages can be found. */
  | (Asker & Heard & { readonly kind: 'fetch'; readonly id: string; readonly fingerprint?: string })
  | (Asker & Heard & { readonly kind: 'explain'; readonly id: string })
  | (Asker & { readonly kind: 'sources' })
  | (Asker & FootingAsked & { readonly kind: 'footing' });

interface Sought {
  readonly kind: 'search';
  readonly request: SearchRequest;
  readonly meaning?: Direction;
  /** It is answered by this model, whatever other is left. */
  readonly settled?: true;
  /** Of the model by which passages can be found, where this search has no meaning of its own. */
  readonly fingerprint?: string;
}

/** Which way a query points, and the model that says so. Absent where nothing can be found by meaning. */
export interface Direction {
  readonly vector: Float32Array;
  readonly fingerprint: string;
}

/** Who asks, through which client, and when: ms since 1970. */
export interface Asker {
  readonly identity: Identity;
  readonly client: string;
  readonly now: number;
}

/** What sources were heard to say for this question, and which of those documents of which none has spoken they are to be asked about. */
export interface Heard {
  readonly words?: readonly LiveWord[];
  readonly unheard?: Unheard;
  /** However fresh what is stored is. */
  readonly forced?: boolean;
}

/** As many documents as are to be shown, unless said otherwise; all that were ranked; none any more, they are refused. */
export type Unheard = 'shown' | 'ranked' | 'none';

/** What comes back: of the kind that was asked, and read from one commit. */
export type Answer =
  | { readonly kind: 'open'; readonly basis: Basis }
  | { readonly kind: 'search'; readonly found: SearchFound; readonly basis: Basis }
  | { readonly kind: 'fetch'; readonly found: FetchFound | Missing; readonly basis: Basis }
  | { readonly kind: 'explain'; readonly found: ExplainFound | Missing; readonly basis: Basis }
  | { readonly kind: 'sources'; readonly found: readonly VisibleSource[]; readonly basis: Basis }
  | { readonly kind: 'footing'; readonly found: Footing; readonly basis: Basis }
  /** To a search or a fetch: there is no answer before sources have spoken of these. */
  | { readonly kind: 'pending'; readonly needs: readonly LiveNeed[] }
  /** To a search: what this caller may see is still to be found by the model of this fingerprint. */
  | { readonly kind: 'former'; readonly fingerprint: string }
  /** To any question: one damaged page leaves the others readable, and what they say is no longer to be trusted. */
  | { readonly kind: 'damaged'; readonly message: string };

/** The answer to a question of this kind. */
export type AnswerTo<Kind extends Answer['kind']> = Extract<Answer, { readonly kind: Kind }>;

/** What the thread starts with. */
export interface ViewWorkerData {
  readonly indexPath: string;
  readonly rules: Rules;
}

import type { Acl } from './acl.ts';
import type { Account, SourceDocument } from './document.ts';
import type { Member } from './principal.ts';

/** The members of a group, or why they could not be learned: then the last whole listing ages. */
export type Members = readonly Member[] | { readonly unknown: string };

/** What can stand by itself, whatever became of the other. */
export type Aspect = 'permissions' | 'contents';

/**
 * One event of a source. A connector yields accounts, members and containers before the documents they decide. What these widen
 * holds when the run has ended by itself, whatever checkpoints it passed; what they narrow, and documents, at once.
 */
export type Change<Cursor = unknown> =
  /** Opens a whole listing, of the source or of the subtree of one container. */
  | { readonly type: 'listing'; readonly of?: string }
  /** Closes it: what it could have named and did not name is deleted. */
  | { readonly type: 'complete'; readonly of?: string }
  /**
   * What this run does not mention was read too and still stands, as of the run's start. Of a run with problems that is believed only
   * where it says what stands, and where each problem names its key: `permissions`, where all that were not learned were said to be
   * unknown; `contents`, where all that were not read were named.
   */
  | { readonly type: 'unchanged'; readonly only?: Aspect }
  | { readonly type: 'container'; readonly key: string; readonly title: string; readonly acl: Acl; readonly parent?: string }
  | { readonly type: 'document'; readonly document: SourceDocument }
  /** Permissions moved, text did not. */
  | { readonly type: 'acl'; readonly key: string; readonly acl: Acl }
  /** This key, and all whose chain of `parent` holds it. */
  | { readonly type: 'delete'; readonly key: string }
  /** A page of a group's members; the last page, without `more`, replaces the listing. */
  | { readonly type: 'members'; readonly group: string; readonly members: Members; readonly more?: true }
  | { readonly type: 'account'; readonly account: Account }
  /** One bad document never ends a run. Without a key it forbids `complete`. */
  | { readonly type: 'problem'; readonly key?: string; readonly error: Error }
  /** All before this is safe to skip next time. */
  | { readonly type: 'checkpoint'; readonly cursor: Cursor };

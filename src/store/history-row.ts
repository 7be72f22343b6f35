/** What a history row is about. */
export type HistorySubject = 'acl' | 'container' | 'members' | 'account' | 'link';

/** One permission fact that moved. For `members` the values are what was taken out and what came in (undefined: no longer listed whole); else the old and the new value. */
export interface HistoryRow {
  readonly version: number;
  readonly run?: number;
  readonly at: number;
  readonly source: string;
  readonly subject: HistorySubject;
  readonly key: string;
  readonly old: unknown;
  readonly new: unknown;
}

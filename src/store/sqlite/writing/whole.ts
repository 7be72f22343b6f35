import type { Due } from '../../../core/connector.ts';
import type { Whole } from '../../../core/schedule.ts';
import type { Alone, NextRun } from '../../store.ts';
import type { Database } from '../database.ts';

/** When each kind was last brought whole, as it is stored. */
export type WholeRow = Readonly<Record<keyof Due, number | null>>;

/** The same, without what never was. */
export const wholeOf = ({ listing, permissions, content }: WholeRow): Whole => ({
  ...(listing !== null && { listing }),
  ...(permissions !== null && { permissions }),
  ...(content !== null && { content }),
});

/** What alone a run is to bring; undefined where it is both. */
export const aloneOf = ({ permissions, content }: Due): Alone | undefined => {
  if (permissions && content) return undefined;
  return permissions ? 'permissions' : 'content';
};

/** What is brought where nobody says otherwise. */
export const everything = ({ listed }: { readonly listed: boolean }): Due => ({
  listing: !listed,
  permissions: true,
  content: true,
});

/** What decides when a source is read next. */
export const nextRunOf = (db: Database): ((source: string) => NextRun | undefined) => {
  const find = db.prepare<[string], WholeRow & { readonly retryAt: number | null }>(`
    SELECT listing_whole_at AS listing, permissions_whole_at AS permissions, content_whole_at AS content, retry_at AS retryAt
    FROM source
    WHERE name = ?`);
  return (source) => {
    const found = find.get(source);
    if (!found) return undefined;
    const { retryAt, ...whole } = found;
    return { whole: wholeOf(whole), ...(retryAt !== null && { retryAt }) };
  };
};

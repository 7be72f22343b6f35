import { z } from 'zod';

import type { Due } from '../../../core/connector.ts';
import { AppError, unreachable } from '../../../core/errors.ts';
import type { Member } from '../../../core/principal.ts';
import type { Standing } from '../../../core/schedule.ts';
import type { KnownDocument, SourceWriter, Write } from '../../store.ts';
import type { Database } from '../database.ts';
import { type DatabaseFile, guarded } from '../failure.ts';
import type { Accounts } from './accounts.ts';
import type { Commit, Committing } from './commit.ts';
import type { Groups } from './groups.ts';
import { heldBackOf } from './held-back.ts';
import type { Items } from './items.ts';
import type { Runs } from './runs.ts';
import type { Seen } from './seen.ts';
import { type Listing, sweeping } from './sweep.ts';
import { wholeOf } from './whole.ts';

interface Parts {
  readonly db: Database;
  readonly file: DatabaseFile;
  readonly commit: Committing;
  readonly items: Items;
  readonly groups: Groups;
  readonly accounts: Accounts;
  readonly runs: Runs;
}

interface Opened {
  readonly source: string;
  readonly connector: string;
  readonly now: number;
  readonly decide: (standing: Standing) => Due;
}

/** What a run knows beyond what is stored. Never changed in place: a batch that fails leaves the one before. */
interface Progress {
  readonly tick: number;
  readonly cursor: unknown;
  /** The open listings, by the container they name the subtree of (undefined: the whole source). */
  readonly listings: ReadonlyMap<string | undefined, Listing>;
  /** Pages of groups whose last page has not come. They die with the process: half a group is never stored. */
  readonly pages: ReadonlyMap<string, readonly Member[]>;
}

interface KnownRow {
  readonly key: string;
  readonly title: string;
  readonly revision: string | null;
  readonly bodyHash: string | null;
  readonly parser: string;
}

const listingsSchema = z.array(z.strictObject({ of: z.string().exactOptional(), tick: z.number() }));

/** How sources are opened for a run. */
export const writersOf = (parts: Parts): ((opened: Opened) => SourceWriter) => {
  const { db, file, commit, runs } = parts;
  const apply = applying(parts);
  const sweep = sweeping(parts);
  const heldBack = heldBackOf(parts);
  const known = db.prepare<[{ source: number; keys: string }], KnownRow>(`
    SELECT item.key, item.title, document.revision, document.body_hash AS bodyHash, document.parser
    FROM json_each(:keys) AS wanted             -- CROSS JOIN: in this order, or all of the source is read for it
    CROSS JOIN item ON item.source = :source AND item.key = wanted.value
    CROSS JOIN document ON document.item = item.id`);

  return ({ source: name, connector, now, decide }) => {
    const { run, row, due } = commit((step) => runs.begin(step, { name, connector, startedAt: now, decide }));
    const source = row.id;
    const needed = heldBack.isNeeded(source, run);
    let listed = row.listed === 1;
    let progress: Progress = {
      tick: row.tick,
      cursor: valueOf(row.cursor),
      listings: new Map(listingsSchema.parse(JSON.parse(row.listings)).map((listing) => [listing.of, definedOf(listing)])),
      pages: new Map(),
    };
    return {
      run,
      due,
      get cursor() {
        return progress.cursor;
      },
      get listed() {
        return listed;
      },
      whole: wholeOf(row),
      async known(keys) {
        const rows = guarded(file, () => known.all({ source, keys: JSON.stringify(keys) }));
        return new Map(rows.map(({ key, ...document }) => [key, knownOf(document)]));
      },
      async write(batch, widening) {
        const holds = widening === 'waits' && needed;
        const counted = { changed: 0, deleted: 0 };
        progress = commit((step) => {
          runs.assertHeld(source, run);
          let reached = progress;
          for (const write of batch) reached = apply(step, { source, at: now, due, holds, progress: reached, counted }, write);
          return reached;
        }, run);
        return counted;
      },
      async sweep(limit, of) {
        const listing = progress.listings.get(of);
        if (!listing) {
          const what = of === undefined ? 'of the source' : `of ${of}`;
          throw new AppError(
            'invalid_input',
            `A whole listing ${what} was completed that was never opened. Yield "listing" before it.`,
          );
        }
        const swept = await sweep({ ...listing, source, run, at: now, limit });
        // Closed for this run only: until a checkpoint says otherwise, a run that resumes finds it open.
        progress = { ...progress, listings: new Map([...progress.listings].filter(([open]) => open !== of)) };
        if (swept.refused) listed = false;
        else if (of === undefined) listed = true;
        return swept;
      },
      land: () => heldBack.land(source, run),
      async finish(end, endedAt, whole = end.status === 'complete') {
        commit((step) => runs.end(step, { source, run, due, startedAt: now, whole }, end, endedAt), run);
      },
    };
  };
};

interface Step {
  readonly source: number;
  readonly at: number;
  readonly due: Due;
  readonly holds: boolean;
  readonly progress: Progress;
  readonly counted: { changed: number; deleted: number };
}

/** One write, and what the run knows after it. */
const applying = ({ db, items, groups, accounts }: Parts): ((commit: Commit, step: Step, write: Write) => Progress) => {
  const wasConfirmed = db.prepare<[number], number>('SELECT confirmed_at > 0 FROM source WHERE id = ?').pluck();
  const confirm = db.prepare<[Seen]>(`
    UPDATE source
    SET confirmed_at = coalesce(:permissionsAt, confirmed_at),
        contents_confirmed_at = coalesce(:contentsAt, contents_confirmed_at)
    WHERE id = :source`);
  const setTick = db.prepare<[number, number]>('UPDATE source SET tick = ? WHERE id = ?');
  const setCheckpoint = db.prepare<[string | null, string, number]>('UPDATE source SET cursor = ?, listings = ? WHERE id = ?');

  return (commit, { source, at, due, holds, progress, counted }, write) => {
    const seen: Seen = {
      source,
      tick: progress.tick,
      at,
      contentsAt: due.content ? at : null,
      permissionsAt: due.permissions ? at : null,
      holds,
    };
    switch (write.type) {
      case 'document':
        counted.changed += Number(items.document(commit, seen, write.document));
        return progress;
      case 'acl':
        if (write.labels) items.relabel(source, write.key, write.labels);
        counted.changed += Number(items.acl(commit, seen, write.key, write.acl));
        return progress;
      case 'unread':
        items.move(source, write.key, write.parent);
        items.relabel(source, write.key, write.labels);
        counted.changed += Number(items.acl(commit, seen, write.key, write.acl));
        if (write.outdated) items.outdate(source, write.key);
        return progress;
      case 'container':
        counted.deleted += Number(items.container(commit, seen, write));
        return progress;
      case 'delete':
        counted.deleted += items.delete(commit, source, write.key);
        return progress;
      case 'seen':
        items.touch(seen, write.key);
        if (due.content) items.outdateUnread(seen, write.key);
        return progress;
      case 'account':
        accounts.write(commit, seen, write.account);
        return progress;
      case 'members': {
        const pages = new Map(progress.pages);
        const before = pages.get(write.group) ?? [];
        pages.delete(write.group);
        if ('unknown' in write.members) groups.unknown(commit, seen, write.group, write.members.unknown);
        else if (write.more) pages.set(write.group, [...before, ...write.members]);
        else groups.list(commit, seen, write.group, [...before, ...write.members]);
        return { ...progress, pages };
      }
      case 'listing': {
        const tick = progress.tick + 1;
        setTick.run(tick, source);
        const listing: Listing = { ...(write.of !== undefined && { of: write.of }), tick };
        return { ...progress, tick, listings: new Map(progress.listings).set(write.of, listing) };
      }
      case 'unchanged':
        if (write.only !== 'contents' && wasConfirmed.get(source) !== 1) commit.moveEpoch(); // a directory decides from when it was first read
        confirm.run({
          ...seen,
          permissionsAt: write.only === 'contents' ? null : seen.permissionsAt,
          contentsAt: write.only === 'permissions' ? null : seen.contentsAt,
        });
        return progress;
      case 'checkpoint': {
        // Between two pages of a group nothing is safe to skip: the cursor stays where it was.
        if (progress.pages.size > 0) return progress;
        setCheckpoint.run(jsonOf(write.cursor), JSON.stringify([...progress.listings.values()]), source);
        return { ...progress, cursor: write.cursor };
      }
      default:
        return unreachable(write);
    }
  };
};

const definedOf = ({ of, tick }: { of?: string; tick: number }): Listing => ({ ...(of !== undefined && { of }), tick });

const knownOf = ({ title, revision, bodyHash, parser }: Omit<KnownRow, 'key'>): KnownDocument => ({
  title,
  ...(revision !== null && { revision }),
  ...(bodyHash !== null && { bodyHash }),
  parser,
});

const jsonOf = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));

const valueOf = (json: string | null): unknown => (json === null ? undefined : JSON.parse(json));

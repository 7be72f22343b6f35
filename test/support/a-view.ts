import { AppError } from '../../src/core/errors.ts';
import type { Cursors, Place, ToolContext } from '../../src/core/tool.ts';
import type {
  Basis,
  Degraded,
  ExplainFound,
  FetchFound,
  Missing,
  Passage,
  View,
  VisibleDocument,
  VisibleSource,
} from '../../src/core/view.ts';
import { meeting } from '../../src/core/where.ts';
import { NO_WRITES } from './no-writes.ts';

/** A document of a made-up view; fresh, from a handbook, unless said otherwise. */
export const aVisibleDocument = (given: Partial<VisibleDocument> = {}): VisibleDocument => {
  const { id = 'handbook:plan' } = given;
  return {
    id,
    source: 'handbook',
    title: 'Plan',
    type: 'page',
    url: `https://wiki.acme.test/${id}`,
    author: 'Ada',
    labels: [],
    fields: {},
    updatedAt: Date.parse('2026-01-02T03:04:05Z'),
    syncedAt: Date.parse('2026-01-03T00:00:00Z'),
    permissionsSyncedAt: Date.parse('2026-01-03T00:00:00Z'),
    fresh: true,
    decidedBy: 'stored',
    contentHash: 'c0ffee',
    acl: 7,
    ...given,
  };
};

/** A passage by a member, findable by meaning, unless said otherwise. */
export const aPassage = (given: Partial<Passage> = {}): Passage => ({
  ordinal: 0,
  text: 'We move in spring.',
  location: {},
  authorTrust: 'member',
  semantic: 'ready',
  stripped: 0,
  ...given,
});

export interface ViewContents {
  /** What is visible; a search finds them all, in this order, by their first passage. */
  readonly found?: readonly FetchFound[];
  readonly explained?: readonly ExplainFound[];
  readonly missing?: Readonly<Record<string, Missing>>;
  readonly sources?: readonly VisibleSource[];
  readonly degraded?: readonly Degraded[];
  readonly partial?: boolean;
}

/** What every answer of a made-up view rests on. */
export const basis: Basis = { version: 3, epoch: 2, databaseId: 'test' };

/** A view in memory that shows exactly this. */
export const aView = ({
  found = [],
  explained = [],
  missing = {},
  sources = [],
  degraded = [],
  partial = false,
}: ViewContents = {}): View => ({
  search: async ({ limit, offset, sources: of, types, updatedAfter = -Infinity, where = [] }, signal) => {
    signal.throwIfAborted();
    const meets = meeting(where);
    const kept = found.filter(
      ({ document: { source, type, updatedAt, fields } }) =>
        meets(fields) && (of?.includes(source) ?? true) && (types?.includes(type) ?? true) && updatedAt > updatedAfter,
    );
    return {
      hits: kept
        .slice(offset, offset + limit)
        .map(({ document, passages }) => ({ document, passage: passages[0] ?? aPassage({ text: '' }) })),
      before: kept.slice(0, offset).map(({ document }) => document.id),
      more: kept.length > offset + limit,
      degraded,
      ...(partial && { partial }),
      basis,
    };
  },
  fetch: async (id, signal) => {
    signal.throwIfAborted();
    return { found: found.find(({ document }) => document.id === id) ?? missing[id] ?? 'absent', basis };
  },
  explain: async (id, signal) => {
    signal.throwIfAborted();
    return { found: explained.find(({ document }) => document.id === id) ?? missing[id] ?? 'absent', basis };
  },
  sources: async (signal) => {
    signal.throwIfAborted();
    return { sources, basis };
  },
  ...NO_WRITES,
});

/** What a tool is called with: a view, and cursors as long as real ones that open only for what they were sealed for. */
export const aContext = (
  view: View,
  { signal = new AbortController().signal, sealed = new Map() }: ContextParts = {},
): ToolContext => ({
  view,
  signal,
  cursors: (binding): Cursors => ({
    seal: (place) => {
      const cursor = `cursor-${sealed.size + 1}`.padEnd(64, '.');
      sealed.set(cursor, { binding: JSON.stringify(binding), place });
      return cursor;
    },
    open: (cursor) => {
      const opened = sealed.get(cursor);
      if (opened?.binding !== JSON.stringify(binding)) throw new AppError('invalid_input', 'This cursor is for something else.');
      return opened.place;
    },
  }),
});

export interface ContextParts {
  readonly signal?: AbortSignal;
  /** Share it between calls, so that one opens the other's cursors. */
  readonly sealed?: Map<string, { readonly binding: string; readonly place: Place }>;
}

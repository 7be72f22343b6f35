import type { Change } from '../../src/core/change.ts';
import type { Connector, Due, Fetch, Run } from '../../src/core/connector.ts';
import type { Notice } from '../../src/core/notice.ts';

export interface ConnectorRunParts<Cursor> {
  readonly folder: string;
  readonly cursor?: Cursor;
  readonly due?: Partial<Due>;
  readonly signal?: AbortSignal;
  readonly fetch?: Fetch;
  readonly notice?: (notice: Notice) => void;
}

/** What a connector is handed. No listing is due unless said otherwise, and nothing can be fetched unless a fetch is given. */
export const aConnectorRun = <Settings, Cursor>(
  settings: Settings,
  { folder, cursor, due, signal, fetch, notice }: ConnectorRunParts<Cursor>,
): Run<Settings, Cursor> => ({
  source: 'wiki',
  settings,
  folder,
  ...(cursor === undefined ? {} : { cursor }),
  due: { listing: false, permissions: true, content: true, ...due },
  fetch: fetch ?? (() => Promise.reject(new Error('no connector fetches in a test'))),
  notice: notice ?? (() => undefined),
  now: () => new Date('2026-03-01T09:00:00Z'),
  signal: signal ?? new AbortController().signal,
});

/** All that a run yields. */
export const changesOf = async <Settings, Cursor>(
  connector: Connector<Settings, Cursor>,
  run: Run<Settings, Cursor>,
): Promise<Change<Cursor>[]> => Array.fromAsync(connector.sync(run));

/** The cursor a run ends with: that of its last checkpoint. */
export const cursorOf = <Cursor>(changes: readonly Change<Cursor>[]): Cursor | undefined =>
  changes.findLast((change) => change.type === 'checkpoint')?.cursor;

/** What a run says of the source itself: without checkpoints, and with the reasons of its problems as text. */
export const saidBy = <Cursor>(changes: readonly Change<Cursor>[]): unknown[] =>
  changes
    .filter((change) => change.type !== 'checkpoint')
    .map((change) => (change.type === 'problem' ? { ...change, error: change.error.message } : change));

import type { Change } from '../../src/core/change.ts';
import type { Connector, Due, Run } from '../../src/core/connector.ts';

export interface ConnectorRunParts<Cursor> {
  readonly folder: string;
  readonly cursor?: Cursor;
  readonly due?: Partial<Due>;
  readonly signal?: AbortSignal;
}

/** What a connector is handed. No listing is due unless said otherwise, and nothing can be fetched. */
export const aConnectorRun = <Settings, Cursor>(
  settings: Settings,
  { folder, cursor, due, signal }: ConnectorRunParts<Cursor>,
): Run<Settings, Cursor> => ({
  source: 'wiki',
  settings,
  folder,
  ...(cursor === undefined ? {} : { cursor }),
  due: { listing: false, permissions: true, content: true, ...due },
  fetch: () => Promise.reject(new Error('no connector fetches in a test')),
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

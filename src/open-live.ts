import { z } from 'zod';

import type { Config } from './config/config.ts';
import type { ReadLive } from './core/live.ts';
import { check } from './ingest/check.ts';
import { hostsOf, labelsOf } from './ingest/prepare.ts';
import { bodyHashOf, load } from './ingest/text.ts';
import { refuseEveryHost } from './sources/fetch.ts';
import { createReadLive, type LiveSource, type Understanding } from './sources/live.ts';

/** Builds what asks the configured sources about single documents. Nothing is asked before somebody must know. */
export const openReadLive = ({ sources, folder }: Pick<Config, 'sources' | 'folder'>, now: () => number): ReadLive =>
  createReadLive({
    sources: new Map(sources.map(({ name, ...source }): [string, LiveSource] => [name, { ...source, folder }])),
    understand: understandingOf(new Map(sources.map((source) => [source.name, hostsOf(source.connector, source)]))),
    fetch: refuseEveryHost,
    now,
  });

/** Understands what a source says of one document as a sync does, and keeps nothing of it. */
export const understandingOf = (hosts: ReadonlyMap<string, ReadonlySet<string>>): Understanding => ({
  document: (_, said) => {
    const { changes, problem } = check({ type: 'document', document: said }, z.never());
    const [change] = changes;
    return problem === undefined && change?.type === 'document' ? change.document : undefined;
  },
  labels: (source, document) => labelsOf(document, hosts.get(source) ?? new Set()),
  bodyHash: async (document, signal) => bodyHashOf(document.title, await load(document.body, signal)),
});

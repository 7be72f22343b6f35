import { z } from 'zod';

import type { Config } from './config/config.ts';
import type { ReadLive } from './core/live.ts';
import { check } from './ingest/check.ts';
import { hostsOf, labelsOf } from './ingest/prepare.ts';
import { bodyHashOf, load } from './ingest/text.ts';
import type { Machine } from './machine.ts';
import { fetchOf } from './open-outgoing.ts';
import type { SignIns } from './open-sign-ins.ts';
import { createReadLive, type LiveSource, type Understanding } from './sources/live.ts';

/** Builds what asks the configured sources about single documents. Nothing is asked before somebody must know. */
export const openReadLive = (
  { sources, folder }: Pick<Config, 'sources' | 'folder'>,
  { outgoing, now }: Pick<Machine, 'outgoing' | 'now'>,
  signIns: Pick<SignIns, 'of'>,
): ReadLive =>
  createReadLive({
    sources: new Map(
      sources.map((source): [string, LiveSource] => [
        source.name,
        { ...source, folder, fetch: fetchOf(source, outgoing, signIns.of(source)) },
      ]),
    ),
    understand: understandingOf(new Map(sources.map((source) => [source.name, hostsOf(source.connector, source)]))),
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

import type { Caller } from '../core/caller.ts';
import { identityName } from '../core/caller.ts';
import { AppError } from '../core/errors.ts';
import type { Committed } from '../core/proposal.ts';
import type { Basis, Missing } from '../core/view.ts';
import type { Undo } from '../core/write.ts';
import { readerName } from '../store/reader-name.ts';
import type { ProposalRow } from '../store/proposals.ts';
import { commit, type Making, opened } from './commit.ts';
import { conclude } from './conclude.ts';
import type { Content } from './content.ts';
import { decide } from './decide.ts';
import { decideLinked, linkTo, showLinked } from './links.ts';
import { make, receiptOf, settleHeld, wordOn } from './make.ts';
import { DEADLINES, type WritesParts } from './parts.ts';
import { contentOf, propose } from './propose.ts';
import { isOffered, offeredTo, targetOf } from './target.ts';
import type { Pending, Writes } from './writes.ts';

/** Nobody looks through more. */
const PENDING_MAX = 1_000;
/** How long an ended proposal can be asked about, in ms. What is uncertain stays. */
const KEPT_MS = 30 * 24 * 60 * 60_000;

/** Builds what every write goes through. */
export const createWrites = (parts: WritesParts): Writes => {
  const { proposals, now, deadlines = DEADLINES } = parts;
  const closing = new AbortController();
  const patience = deadlines.commit + deadlines.ask + deadlines.grace;
  let closed = false;
  const busy = new Map<string, Promise<Committed | undefined>>();

  /** Known to be ours before the row says so: nobody asks what became of a write while this process still makes it. */
  const alone = (id: string, work: () => Promise<Committed | undefined>): Promise<Committed | undefined> => {
    const running = busy.get(id) ?? work().finally(() => busy.delete(id));
    running.catch(() => undefined);
    busy.set(id, running);
    return patiently(id, running);
  };

  /** What hangs goes on by itself; whoever waits hears that nobody can say. */
  const patiently = async (id: string, running: Promise<Committed | undefined>): Promise<Committed | undefined> => {
    const { promise, resolve } = Promise.withResolvers<Committed>();
    const timer = setTimeout(() => resolve({ outcome: 'uncertain', proposal: id }), patience);
    try {
      return await Promise.race([running, promise]);
    } finally {
      clearTimeout(timer);
    }
  };

  const making: Making = {
    make: (held, from, how) =>
      alone(held.row.id, async () => {
        if (!(await proposals.take(held.row.id, from, held.at))) return undefined;
        return make(held, how, parts, closing.signal);
      }),
    outcome: async (row, content) => {
      const known = await alone(row.id, () => resolved(row, content, closing.signal));
      if (known || (await proposals.find(row.id))?.state !== 'committing') return known;
      throw beingMade();
    },
    find: ({ proposal: { source: name, action: wanted } }) => {
      const source = parts.sources.get(name);
      const action = source?.actions.find((one) => one.name === wanted);
      return source && action && { source, action };
    },
  };

  /** What became of one that nobody makes any more; undefined where somebody does, or it is known by now. */
  const resolved = async (row: ProposalRow, content: Content, signal: AbortSignal): Promise<Committed | undefined> => {
    if (!(await proposals.takeOver(row.id, true))) return undefined;
    const found = making.find(content);
    if (found) return settleHeld({ row, content, ...found, at: row.takenAt }, parts, signal);
    await proposals.letGo(row.id); // its source is not configured: when it is again, it is asked
    return { outcome: 'uncertain', proposal: row.id };
  };

  const settle: Writes['settle'] = async (signal) => {
    const failed: unknown[] = [];
    for (const id of await proposals.committing()) {
      signal.throwIfAborted();
      const row = busy.has(id) ? undefined : await proposals.find(id);
      if (row?.state !== 'committing') continue;
      const ask = async () => resolved(row, contentOf(row, parts), AbortSignal.any([signal, closing.signal]));
      await alone(id, ask).catch((error: unknown) => void failed.push(error)); // the others are asked about all the same
    }
    await proposals.purge(now() - KEPT_MS);
    if (failed.length > 0) throw failed[0];
  };

  return {
    offered: (caller, view, signal) => offeredTo(caller, view, parts, signal),
    propose: async (caller, view, request, signal) => {
      assertWriter(caller, closed);
      const target = await targetOf(request, view, parts, signal);
      if ('missing' in target) return target;
      const { input, idempotencyKey } = request;
      return propose({ caller, view, ...target, input, idempotencyKey }, parts, signal);
    },
    undoOf: async (caller, view, id, signal) => {
      assertWriter(caller, closed);
      const { basis } = await view.sources(signal);
      const written = await writtenBy(caller, id, basis, parts);
      if ('missing' in written) return written;
      const { undo, content } = written;
      const source = parts.sources.get(content.proposal.source);
      const action = source?.actions.find(({ name }) => name === undo.action);
      if (!source || !action || !isOffered(action, source)) throw cannotUndo();
      const { key, input } = undo.aim;
      const wanted = { caller, view, source, action, key, input, takesBack: content.proposal.action, revision: undo.revision };
      return propose(wanted, parts, signal);
    },
    commit: async (caller, view, confirmation, ask, signal) => {
      assertWriter(caller, closed);
      const made = await commit({ caller, view, confirmation, ask, signal }, making, parts);
      return 'receipt' in made.committed ? { ...made, found: await isFound(made.committed, signal, parts) } : made;
    },
    confirmed: async (caller, confirmation) => {
      assertWriter(caller, closed);
      const { row, content } = await opened({ caller, confirmation }, parts);
      const isOver = (row.state === 'proposed' || row.state === 'approved') && row.expiresAt <= now();
      return pendingOf(isOver ? { ...row, state: 'expired' } : row, content);
    },
    pending: async () => {
      const rows = await proposals.waiting(now(), PENDING_MAX);
      return rows.flatMap((row) => pendingIfOpens(row, parts)).filter(({ needs }) => needs !== 'auto');
    },
    decide: (id, decision) => decide(id, decision, parts),
    link: (id, by) => linkTo(id, by, parts),
    linked: async (link) => {
      const linked = await showLinked(link, parts);
      return linked && { pending: pendingOf(linked.row, linked.content), by: linked.by, token: linked.token };
    },
    decideLinked: (link, said) => decideLinked(link, said, parts),
    settle,
    uncertain: async (signal) => {
      await settle(signal).catch(() => undefined); // one that does not open keeps nobody from the others
      await Promise.allSettled(busy.values());
      const rows = await proposals.uncertain(PENDING_MAX);
      const left = await Promise.all((await proposals.committing()).map((id) => proposals.find(id)));
      return [...rows, ...left.flatMap((row) => (row?.held === 'nobody' ? [row] : []))].flatMap((row) =>
        pendingIfOpens(row, parts),
      );
    },
    conclude: async (id, finding, signal) => {
      const row = await proposals.find(id);
      if (!row) throw new AppError('not_found', 'There is no such write. castellan settle lists those that are uncertain.');
      const content = contentOf(row, parts);
      const known = row.state === 'committing' ? await alone(id, () => resolved(row, content, signal)) : undefined;
      if (known?.outcome === 'done' || known?.outcome === 'absent') return { outcome: known.outcome, word: 'source' };
      return conclude({ id, content, found: making.find(content) }, finding, parts, signal);
    },
    close: async () => {
      closed = true;
      const timer = setTimeout(() => closing.abort(), patience); // what hangs is found out about at the next start
      await Promise.race([Promise.allSettled(busy.values()), aborted(closing.signal)]);
      clearTimeout(timer);
      await proposals.close();
    },
  };
};

const pendingOf = ({ state, at }: ProposalRow, { identity, client, proposal }: Content): Pending => ({
  ...proposal,
  who: identityName(identity),
  client,
  state,
  at,
});

/** Nothing of one that does not open: it cannot be made either. */
const pendingIfOpens = (row: ProposalRow, parts: WritesParts): Pending[] => {
  try {
    return [pendingOf(row, contentOf(row, parts))];
  } catch (error) {
    if (error instanceof AppError && error.code === 'unavailable') return [];
    throw error;
  }
};

interface Written {
  readonly undo: Undo;
  readonly content: Content;
}

/** What somebody wrote themselves and can have taken back. */
const writtenBy = async (
  caller: Caller,
  id: string,
  basis: Basis,
  parts: WritesParts,
): Promise<Written | { readonly missing: Missing; readonly basis: Basis }> => {
  const row = await parts.proposals.find(id);
  const name = identityName(caller.identity);
  const theirs = parts.keys.naming.some((key) => Buffer.compare(readerName(name, key), row?.proposer ?? new Uint8Array()) === 0);
  if (!row || !theirs) return { missing: row ? 'refused' : 'absent', basis };
  const content = contentOf(row, parts);
  if (row.state !== 'done' || wordOn(row, parts) === 'person') throw cannotUndo();
  const { undo } = receiptOf(row, parts);
  if (!undo) throw cannotUndo();
  return { undo, content };
};

/** Whether what was written is found by now. Nobody is told that it was not written because that cannot be said. */
const isFound = async (
  { proposal, document }: Extract<Committed, { readonly receipt: unknown }>,
  signal: AbortSignal,
  { proposals, isReadSince, now }: WritesParts,
): Promise<boolean> => {
  try {
    const at = (await proposals.find(proposal))?.movedAt ?? now();
    return await isReadSince(document.slice(0, document.indexOf(':')), at, signal);
  } catch {
    return false;
  }
};

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

const cannotUndo = (): AppError =>
  new AppError('conflict', 'That cannot be taken back: it was not written, or its source offers no way.');

const beingMade = (): AppError =>
  new AppError('conflict', 'This write is being made just now. Ask again in a moment for its receipt.');

const assertWriter = ({ scopes }: Caller, closed: boolean): void => {
  if (!scopes.includes('write')) throw new AppError('forbidden', 'This needs the scope "write".');
  if (closed) throw new AppError('unavailable', 'Castellan is stopping. Ask again when it runs.');
};

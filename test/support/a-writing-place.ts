import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import type { AuditEvent } from '../../src/core/audit.ts';
import type { Caller, Identity } from '../../src/core/caller.ts';
import type { Account } from '../../src/core/document.ts';
import { AppError } from '../../src/core/errors.ts';
import type { ClientPolicy, WritePolicy, WriteRules } from '../../src/core/policy.ts';
import { NO_POLICY } from '../../src/core/policy.ts';
import type { ReadView } from '../../src/core/view.ts';
import { openLedger } from '../../src/store/sqlite/ledger/ledger.ts';
import { openProposals } from '../../src/store/sqlite/ledger/proposals.ts';
import { createWrites } from '../../src/writes/create-writes.ts';
import type { Deadlines, WritesParts } from '../../src/writes/parts.ts';
import type { Writes } from '../../src/writes/writes.ts';
import { aFolder } from './a-folder.ts';
import { type ABoard, aBoard } from './a-board.ts';
import { ledgerKeys } from './an-event.ts';
import { anAccount, only } from './builders.ts';
import { openIndex } from './index-in-process.ts';
import { person, rulesFor } from './looking.ts';

/** Whoever writes: one process, as far as anybody can tell. */
export interface AWriter {
  readonly writes: Writes;
  /** It is dead from here on: what it was doing never ends. */
  crash(): void;
}

/** A board that is in an index, and a ledger by which processes write on it. */
export interface AWritingPlace {
  readonly board: ABoard;
  readonly clock: { now: number };
  readonly policies: {
    actions: Record<string, WritePolicy>;
    source?: WritePolicy;
    client: Record<string, Partial<ClientPolicy>>;
  };
  /** What the audit has of everybody, oldest first. */
  readonly audited: readonly AuditEvent[];
  /** Whatever is recorded is refused, from the `audited` of now on. */
  auditFails: boolean;
  /** Comes before and after a row is kept; it may reject, or never return. */
  recording: (event: AuditEvent, when: 'before' | 'after') => Promise<void>;
  readonly rung: string[];
  readonly ledger: string;
  writer(): AWriter;
  caller(name: string, client?: string): Caller;
  view(caller: Caller): ReadView;
  /** Everything the board says now is in the index. */
  sync(): Promise<void>;
  accounts: Account[];
  /** Somebody is shown documents. */
  shown(caller: Caller, ...ids: readonly string[]): Promise<void>;
  identify(identity: Identity): Promise<void>;
  unlink(name: string): Promise<void>;
}

const WHO = ['ada', 'bob', 'eve'] as const;
const KEYS: WritesParts['keys'] = {
  sealing: [new Uint8Array(32).fill(1)],
  confirming: [new Uint8Array(32).fill(2)],
  naming: [new Uint8Array(32).fill(3)],
};

/** Makes one: Ada and Bob read and write the notes, Eve has an account and reads nothing. All is gone with the test. */
export const aWritingPlace = async (deadlines?: Deadlines): Promise<AWritingPlace> => {
  const folder = await aFolder();
  const clock = { now: Date.UTC(2026, 0, 5) };
  const now = (): number => clock.now;
  const index = await openIndex({ rules: rulesFor('board', 'wiki'), now });
  onTestFinished(() => index.close());
  const board = aBoard(join(folder, 'board'), { read: only('user:ada', 'user:bob'), write: ['ada', 'bob'] });
  const path = join(folder, 'ledger.db');
  const ledger = openLedger({ path, keys: { ...ledgerKeys(), reader: KEYS.naming[0] }, random: randomBytes });
  onTestFinished(() => ledger.close());
  const audited: AuditEvent[] = [];
  const dead = new Set<string>();
  const policies: AWritingPlace['policies'] = { actions: {}, client: {} };
  const rules: WriteRules = {
    default: 'auto',
    get actions() {
      return new Map(Object.entries(policies.actions));
    },
    get sources() {
      return new Map(policies.source ? [['board', policies.source]] : []);
    },
  };
  const place: AWritingPlace = {
    board,
    clock,
    policies,
    audited,
    auditFails: false,
    recording: async () => undefined,
    rung: [],
    ledger: path,
    accounts: WHO.map((id) => anAccount({ id })),
    writer: () => {
      const holder = randomBytes(8).toString('hex');
      const proposals = openProposals({ path, holder, isAlive: (other) => !dead.has(other.holder) });
      const writes = createWrites({
        sources: new Map([['board', { name: 'board', settings: {}, folder, actions: board.actions, fetchFor: () => fetch }]]),
        rules,
        clientPolicy: (client) => ({ ...NO_POLICY, ...policies.client[client] }),
        footing: async ({ identity, client }, asked) => {
          const answer = index.answer({ kind: 'footing', ...asked, identity, client, now: now() });
          if (answer.kind !== 'footing') throw new Error('not an answer to a footing');
          return answer.found;
        },
        proposals,
        audit: {
          record: async (event) => {
            if (dead.has(holder)) await new Promise(() => undefined);
            if (place.auditFails) throw new AppError('unavailable', 'The disk is full.');
            await place.recording(event, 'before');
            await ledger.append([event]);
            audited.push(event);
            await place.recording(event, 'after');
          },
        },
        keys: KEYS,
        hasten: async (source) => void place.rung.push(source),
        isReadSince: async () => false,
        now,
        random: randomBytes,
        requestId: () => 'request',
        ...(deadlines && { deadlines }),
      });
      onTestFinished(() => proposals.close());
      return { writes, crash: () => void dead.add(holder) };
    },
    caller: (name, client = 'desk') => ({ identity: person(name), client, scopes: ['read', 'write'] }),
    view: ({ identity, client }) => index.view(identity, client),
    sync: async () => {
      await index.sync('board', board.changes(place.accounts));
    },
    shown: async ({ identity }, ...ids) => {
      await ledger.append([
        {
          at: now(),
          request: 'r',
          who: `${identity.issuer}|${identity.subject}`,
          client: 'another',
          tool: 'search',
          arguments: {},
          documents: ids.map((id) => ({ id, content: 'ab'.repeat(32), acl: 1 })),
          outcome: 'answered',
        },
      ]);
    },
    identify: (identity) => index.identify(identity),
    unlink: async (name) => {
      place.accounts = place.accounts.map((one) => (one.id === name ? { ...one, active: false } : one));
      await place.sync();
    },
  };
  board.put('plan', 'We move in spring.');
  board.put('secret', 'Nobody but Bob.');
  board.rights('secret', { read: only('user:bob'), write: ['ada', 'bob'] });
  await place.sync();
  for (const name of WHO) await index.identify(person(name));
  await place.sync();
  return place;
};

import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

import type { Acl } from '../../src/core/acl.ts';
import type { Change } from '../../src/core/change.ts';
import type { Account } from '../../src/core/document.ts';
import { AppError } from '../../src/core/errors.ts';
import { defineWrite, type Intent, type WriteAction } from '../../src/core/write.ts';
import { aDocument } from './builders.ts';

/** Where a call of an action is when something may go wrong. */
export type Point = 'before' | 'during' | 'after';

interface Rights {
  read: Acl;
  /** Ids of accounts. */
  write: string[];
}

/** A source of notes, each a file: who may read and write them is a file too. Every call that writes is in its journal first. */
export interface ABoard {
  readonly actions: readonly WriteAction[];
  /** Ids of the intents `commit` was called with, in order. */
  journal(): readonly string[];
  text(key: string): string | undefined;
  /** Somebody writes past Castellan. */
  put(key: string, text: string): void;
  rights(key: string, rights: Partial<Rights>): void;
  remove(key: string): void;
  /** All that a sync would say. */
  changes(accounts: readonly Account[]): readonly Change[];
  /** What happens at a point of a commit; it may reject, or never return. */
  trouble: (point: Point, intent: string) => Promise<void>;
  /** Comes before somebody looks at what would be changed. */
  looking: () => Promise<void>;
  /** What whoever edits is warned of. */
  warnings: readonly string[];
  /** The source does not answer. */
  down: boolean;
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Makes one in a folder. `open`: who may read and write what is created. */
export const aBoard = (folder: string, open: Rights): ABoard => {
  const notes = join(folder, 'notes');
  const file = (key: string): string => join(notes, encodeURIComponent(key));
  const journal = join(folder, 'journal');
  const marks = join(folder, 'marks');
  const rightsFile = join(folder, 'rights.json');
  mkdirSync(notes, { recursive: true });
  writeFileSync(journal, '');
  writeFileSync(marks, '');
  writeFileSync(rightsFile, '{}');
  const all = (): Record<string, Rights> =>
    z.record(z.string(), z.custom<Rights>()).parse(JSON.parse(readFileSync(rightsFile, 'utf8')));
  const rightsOf = (key: string): Rights => all()[key] ?? open;
  const text = (key: string): string | undefined => (existsSync(file(key)) ? readFileSync(file(key), 'utf8') : undefined);
  const there = (key: string): string => {
    if (board.down) throw new AppError('source_unavailable', 'The board does not answer.');
    const found = text(key);
    if (found === undefined) throw new AppError('not_found', 'There is no such note.');
    return found;
  };
  const answering = (): void => {
    if (board.down) throw new AppError('source_unavailable', 'The board does not answer.');
  };

  const write = async (key: string, id: string, revision: string | undefined, next: string | undefined): Promise<void> => {
    appendFileSync(journal, `${id}\n`);
    await board.trouble('before', id);
    answering();
    const now = text(key);
    if ((now === undefined ? undefined : hash(now)) !== revision) throw new AppError('conflict', 'The note was changed.');
    if (next === undefined) rmSync(file(key));
    else writeFileSync(file(key), next);
    appendFileSync(marks, `${id}\n`);
    await board.trouble('during', id);
    await board.trouble('after', id);
  };
  /** A note tells who wrote it last, and nothing of those before. */
  const settled = (key: string, { id, revision }: Pick<Intent, 'id' | 'revision'>, next: string | undefined) => {
    answering();
    const now = text(key);
    const found = now === undefined ? undefined : hash(now);
    if (found !== revision && found !== (next === undefined ? undefined : hash(next))) return 'uncertain' as const;
    return readFileSync(marks, 'utf8').includes(id) ? ('done' as const) : ('absent' as const);
  };

  const mayEdit = (key: string, as: Account): boolean => {
    answering();
    return text(key) !== undefined && rightsOf(key).write.includes(as.id);
  };

  const edit = defineWrite({
    name: 'board.edit',
    title: 'Edit a note',
    description: 'Replaces the text of a note.',
    input: z.strictObject({ text: z.string().min(1).max(2_000_000) }),
    on: 'document',
    operations: [],
    mayWrite: async ({ key = '' }, _, as) => mayEdit(key, as),
    preview: async ({ key = '', input }) => {
      await board.looking();
      const before = there(key);
      const audience = rightsOf(key).read;
      return {
        target: key,
        revision: hash(before),
        changes: [{ field: 'text', before, after: input.text }],
        audience,
        warnings: board.warnings,
      };
    },
    commit: async ({ key = '', input }, _, __, { intent, ...committing }) => {
      const before = text(key) ?? '';
      await committing.keep(`was ${hash(before)}`);
      await write(key, intent.id, intent.revision, input.text);
      const undo = { action: 'board.edit', aim: { key, input: { text: before } }, revision: hash(input.text) };
      return { key, ...(intent.revision === undefined ? {} : { before: intent.revision }), after: hash(input.text), undo };
    },
    settle: async ({ key = '', input }, _, __, intent) => {
      const found = settled(key, intent, input.text);
      return found === 'done' ? { key, after: hash(input.text) } : found;
    },
  });
  const create = defineWrite({
    name: 'board.create',
    title: 'Create a note',
    description: 'Makes a new note.',
    input: z.strictObject({ name: z.string().min(1).max(100), text: z.string().min(1) }),
    on: 'source',
    operations: [],
    mayWrite: async (_, __, as) => {
      answering();
      return open.write.includes(as.id);
    },
    preview: async ({ input }) => {
      if (text(input.name) !== undefined) throw new AppError('conflict', 'There is a note of that name.');
      return { target: input.name, changes: [{ field: 'text', after: input.text }], audience: open.read, warnings: [] };
    },
    commit: async ({ input }, _, __, { intent }) => {
      await write(input.name, intent.id, undefined, input.text);
      const undo = { action: 'board.remove', aim: { key: input.name, input: {} }, revision: hash(input.text) };
      return { key: input.name, after: hash(input.text), undo };
    },
    settle: async ({ input }, _, __, intent) => {
      const found = settled(input.name, intent, input.text);
      return found === 'done' ? { key: input.name, after: hash(input.text) } : found;
    },
  });
  const remove = defineWrite({
    name: 'board.remove',
    title: 'Remove a note',
    description: 'Takes a note away.',
    input: z.strictObject({}),
    on: 'document',
    operations: [],
    undoes: true,
    mayWrite: async ({ key = '' }, _, as) => mayEdit(key, as),
    preview: async ({ key = '' }) => {
      const before = there(key);
      const audience = rightsOf(key).read;
      return { target: key, revision: hash(before), changes: [{ field: 'text', before }], audience, warnings: [] };
    },
    commit: async ({ key = '' }, _, __, { intent }) => {
      await write(key, intent.id, intent.revision, undefined);
      return { key };
    },
    settle: async ({ key = '' }, _, __, intent) => {
      const found = settled(key, intent, undefined);
      return found === 'done' ? { key } : found;
    },
  });

  const board: ABoard = {
    actions: [edit, create, remove],
    journal: () => readFileSync(journal, 'utf8').split('\n').filter(Boolean),
    text,
    put: (key, next) => writeFileSync(file(key), next),
    rights: (key, rights) => writeFileSync(rightsFile, JSON.stringify({ ...all(), [key]: { ...rightsOf(key), ...rights } })),
    remove: (key) => rmSync(file(key)),
    changes: (accounts) => [
      { type: 'listing' },
      ...accounts.map((account): Change => ({ type: 'account', account })),
      ...readdirSync(notes).map((name): Change => {
        const key = decodeURIComponent(name);
        const found = text(key) ?? '';
        return {
          type: 'document',
          document: aDocument({
            key,
            title: key,
            acl: rightsOf(key).read,
            revision: hash(found),
            body: { kind: 'text', text: found, format: 'plain' },
          }),
        };
      }),
      { type: 'complete' },
      { type: 'checkpoint', cursor: null },
    ],
    trouble: async () => undefined,
    looking: async () => undefined,
    warnings: [],
    down: false,
  };
  return board;
};

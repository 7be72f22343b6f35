import { unreachable } from '../../src/core/errors.ts';
import type { Ref } from './api.ts';
import type { Parsed, StatementOf, Subject } from './map.ts';

/** What still stands of an account: its last readable line, and whether something later closed it. */
export interface AccountFact {
  readonly ref?: Ref;
  readonly line: number;
  /** Not named by a whole listing that was completed since. */
  readonly left?: true;
  /** Its last line could not be read; these of its e-mails could. */
  readonly unreadable?: readonly string[];
}

/** What still stands of a group: the pages of its last listing, or why that failed. */
export interface GroupFact {
  readonly pages: readonly Ref[];
  /** The last page has not come. */
  readonly open: boolean;
  readonly unknown?: string;
  readonly line: number;
}

/** What still stands of a container or document. Without a body, only its acl was stated. */
export interface ItemFact {
  readonly body?: Ref & { readonly type: 'container' | 'document' };
  readonly parent?: string;
  /** Stood elsewhere before, and may still be stored there. */
  readonly moved?: true;
  /** Stated after the body, and so in its stead. */
  readonly acl?: Ref;
  /** Why the last line about it could not be read. */
  readonly dark?: string;
  /** The last line that named it. */
  readonly line: number;
}

/** A line that could not be understood, or not be followed. */
export interface Trouble {
  readonly message: string;
  readonly key?: string;
}

/** What a file says once all of it is read: for each name the last line about it, and nothing of the way there. */
export interface Fold {
  readonly accounts: Map<string, AccountFact>;
  readonly groups: Map<string, GroupFact>;
  readonly items: Map<string, ItemFact>;
  /** The items whose `parent` is this key. */
  readonly children: Map<string, Set<string>>;
  /** Keys that are no more, and the line that deleted them; SWEPT where it is left to a `complete`. */
  readonly gone: Map<string, number>;
  /** The listings that are open, by the key they are of (WHOLE: the source), and the line that opened them. */
  readonly open: Map<string, number>;
  /** The listings that were completed. */
  readonly completed: Set<string>;
  readonly troubles: Trouble[];
  /** Troubles beyond those kept. */
  uncounted: number;
  /** The last line of these kinds; 0: none. A move is an item that got another parent. */
  lastDelete: number;
  lastComplete: number;
  lastMove: number;
}

/** No key is empty, so this is none. */
export const WHOLE = '';
const SWEPT = 0;
/** A file that is no jsonl at all has nothing but troubles. */
const TROUBLES_MAX = 10_000;

export const emptyFold = (): Fold => ({
  accounts: new Map(),
  groups: new Map(),
  items: new Map(),
  children: new Map(),
  gone: new Map(),
  open: new Map(),
  completed: new Set(),
  troubles: [],
  uncounted: 0,
  lastDelete: 0,
  lastComplete: 0,
  lastMove: 0,
});

/** Takes in the next line. */
export const foldLine = (fold: Fold, ref: Ref, parsed: Parsed): void => {
  if (!('statement' in parsed)) return foldUnreadable(fold, ref.number, parsed.fault, parsed.subject);
  const { statement } = parsed;
  switch (statement.type) {
    case 'listing':
      return void fold.open.set(statement.of ?? WHOLE, ref.number);
    case 'complete':
      return completeListing(fold, ref.number, statement.of ?? WHOLE);
    case 'account':
      return void fold.accounts.set(statement.id, { ref, line: ref.number });
    case 'members':
      return addMembers(fold, ref, statement);
    case 'container':
    case 'document':
      return addItem(fold, ref, statement);
    case 'acl':
      return addAcl(fold, ref, statement.key);
    case 'delete':
      return deleteItem(fold, ref.number, statement.key);
    default:
      return unreachable(statement);
  }
};

const addAcl = (fold: Fold, ref: Ref, key: string): void => {
  const known = fold.items.get(key);
  // Of what is deleted there is nothing to permit; after a whole listing this is all that was not named.
  if (!known && (fold.gone.has(key) || fold.completed.has(WHOLE))) return;
  const { dark: _dark, ...rest } = known ?? { line: 0 };
  fold.items.set(key, { ...rest, acl: ref, line: ref.number });
};

const addItem = (fold: Fold, ref: Ref, { type, key, parent }: StatementOf<'container' | 'document'>): void => {
  const known = fold.items.get(key);
  const moves = known?.body !== undefined && known.parent !== parent;
  if (moves) fold.lastMove = ref.number;
  const moved = moves || known?.moved || fold.gone.has(key) ? { moved: true as const } : {};
  removeItem(fold, key);
  fold.items.set(key, { body: { ...ref, type }, ...(parent === undefined ? {} : { parent }), ...moved, line: ref.number });
  if (parent !== undefined) fold.children.set(parent, (fold.children.get(parent) ?? new Set()).add(key));
  fold.gone.delete(key);
};

const removeItem = (fold: Fold, key: string): void => {
  const parent = fold.items.get(key)?.parent;
  fold.items.delete(key);
  if (parent === undefined) return;
  const siblings = fold.children.get(parent);
  siblings?.delete(key);
  if (siblings?.size === 0) fold.children.delete(parent);
};

const deleteItem = (fold: Fold, line: number, key: string): void => {
  for (const each of [key, ...below(fold, key)]) {
    removeItem(fold, each);
    fold.gone.set(each, line);
  }
  fold.lastDelete = line;
};

/** All whose chain of parents holds this key; a cycle ends. */
const below = (fold: Fold, key: string): string[] => {
  const found = new Set([key]); // grows while it is walked
  for (const each of found) for (const child of fold.children.get(each) ?? []) found.add(child);
  found.delete(key);
  return [...found];
};

const completeListing = (fold: Fold, line: number, of: string): void => {
  const opened = fold.open.get(of);
  fold.lastComplete = line;
  if (opened === undefined) {
    addTrouble(fold, { message: `line ${line}: complete, but no such listing is open` });
    return;
  }
  fold.open.delete(of);
  if (of === WHOLE) fold.completed.clear(); // it covers them
  fold.completed.add(of);
  for (const key of of === WHOLE ? [...fold.items.keys()] : below(fold, of)) {
    const item = fold.items.get(key);
    if (!item || item.line > opened) continue;
    removeItem(fold, key);
    // What is stored elsewhere is not below this container, so that its sweep would pass it over.
    fold.gone.set(key, of !== WHOLE && item.moved ? line : SWEPT);
  }
  if (of !== WHOLE) return;
  // Inactive rather than forgotten: of somebody unknown to the source, less is doubted.
  for (const [id, account] of fold.accounts) if (account.line < opened) fold.accounts.set(id, { ...account, left: true });
  for (const [group, { line }] of fold.groups) if (line < opened) fold.groups.delete(group);
};

const addMembers = (fold: Fold, ref: Ref, { group, members, more }: StatementOf<'members'>): void => {
  if ('unknown' in members) return failGroup(fold, group, ref.number, members.unknown, more);
  const known = fold.groups.get(group);
  const before: Pick<GroupFact, 'pages' | 'unknown'> = known?.open ? known : { pages: [] };
  const { unknown } = before;
  const pages = [...before.pages, ref];
  fold.groups.set(group, { pages, open: more === true, line: ref.number, ...(unknown === undefined ? {} : { unknown }) });
};

/** Pages that still come do not mend a listing of which one is missing. */
const failGroup = (fold: Fold, group: string, line: number, unknown: string, more?: true): void => {
  fold.groups.set(group, { pages: [], open: more === true, unknown, line });
};

/** What cannot be read closes what it is known to be about, and forbids to call anything whole that it may belong to. */
const foldUnreadable = (fold: Fold, line: number, fault: string, { key, group, account, more }: Subject): void => {
  addTrouble(fold, { message: fault, ...(key === undefined ? {} : { key }) });
  if (key !== undefined) fold.items.set(key, { ...fold.items.get(key), dark: fault, line });
  if (group !== undefined) failGroup(fold, group, line, fault, more);
  if (account !== undefined) {
    const ref = fold.accounts.get(account.id)?.ref;
    fold.accounts.set(account.id, { ...(ref ? { ref } : {}), line, unreadable: account.emails });
  }
  if (key !== undefined || group !== undefined || account !== undefined) return;
  for (const [name, known] of fold.groups) if (known.open) fold.groups.set(name, { unknown: fault, ...known });
};

const addTrouble = (fold: Fold, trouble: Trouble): void => {
  if (fold.troubles.length < TROUBLES_MAX) fold.troubles.push(trouble);
  else fold.uncounted += 1;
};

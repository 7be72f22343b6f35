import type { Acl } from '../../src/core/acl.ts';
import type { Change } from '../../src/core/change.ts';
import { aclTold, listGroup, tellAccount } from './holding.ts';
import { endLinks } from './links.ts';
import { type AclFacts, own, type Person, type SourceFacts } from './world.ts';

/** The listings a source has open, by the container they name, and what each has seen. */
export interface Open {
  now: Map<string, Set<string>>;
  /** As of the last checkpoint: so the next run finds them, however the last one ended. */
  kept: Map<string, Set<string>>;
}

/** Nothing is open. */
export const nothingOpen = (): Open => ({ now: new Map(), kept: new Map() });

/** When a run began, whom there is, and whether what it widens waits for its end. */
export interface Replayed {
  readonly at: number;
  readonly people: readonly Person[];
  readonly holds: boolean;
}

/**
 * What one run makes of a source's facts, by the meaning of its changes. Nothing here is shared with the product but the shape of a
 * change. Says whether it lost something of which nobody can say what.
 */
export const replay = (source: SourceFacts, open: Open, changes: readonly Change[], { at, people, holds }: Replayed): boolean => {
  const pages = new Map<string, string[]>();
  let problems = false;
  let blind = false; // a problem without a key: nothing may be taken for gone
  const see = (name: string): void => [...open.now.values(), ...open.kept.values()].forEach((seen) => seen.add(name));
  for (const change of changes) {
    switch (change.type) {
      case 'listing':
        open.now.set(change.of ?? '', new Set());
        break;
      case 'complete': {
        const seen = open.now.get(change.of ?? '');
        if (!seen) blind = true; // one that was never opened
        else if (!blind) sweep(source, { seen, of: change.of, at, people });
        open.now.delete(change.of ?? '');
        break;
      }
      case 'container':
        source.items[change.key] = {
          ...itemOf(false, at, change.parent),
          ...aclTold(source, change.key, aclOf(change.acl), holds),
        };
        see(`item ${change.key}`);
        break;
      case 'document':
        source.items[change.document.key] = {
          ...itemOf(true, at, change.document.parent),
          ...aclTold(source, change.document.key, aclOf(change.document.acl), holds),
          labels: change.document.labels ?? [],
          fields: change.document.fields ?? {},
          updatedAt: change.document.updatedAt.getTime(),
        };
        see(`item ${change.document.key}`);
        break;
      case 'acl': {
        const item = own(source.items, change.key);
        if (item) {
          const { waits: _, ...rest } = item;
          source.items[change.key] = { ...rest, ...aclTold(source, change.key, aclOf(change.acl), holds), aclAt: at };
        }
        see(`item ${change.key}`);
        break;
      }
      case 'delete':
        for (const key of subtree(source, change.key)) delete source.items[key];
        delete source.items[change.key];
        break;
      case 'members': {
        see(`group ${change.group}`);
        if (!Array.isArray(change.members)) {
          const known = own(source.groups, change.group);
          source.groups[change.group] = { ...known, unknown: true, at: known?.at ?? at };
          break;
        }
        const members = [...(pages.get(change.group) ?? []), ...change.members];
        pages.set(change.group, change.more ? members : []);
        if (!change.more) listGroup(source, change.group, members, at, holds);
        break;
      }
      case 'account': {
        tellAccount(source, change.account, { at, holds, people });
        see(`account ${change.account.id}`);
        break;
      }
      case 'problem':
        problems = true;
        blind ||= change.key === undefined;
        if (change.key !== undefined) {
          see(`item ${change.key}`);
          outdate(source, change.key, at);
        }
        break;
      case 'unchanged':
        if (!problems) source.confirmed = at;
        break;
      case 'checkpoint':
        if (!blind) open.kept = new Map([...open.now].map(([name, seen]) => [name, new Set(seen)]));
        break;
      default:
        throw new Error(`no meaning for ${JSON.stringify(change satisfies never)}`);
    }
  }
  return blind;
};

/** A problem says of a text that this run has not read that it may be another now. */
const outdate = (source: SourceFacts, key: string, at: number): void => {
  const item = own(source.items, key);
  if (item?.document && item.contentAt !== at) source.items[key] = { ...item, outdated: true };
};

/** A run is over: the next finds what the last checkpoint left open. */
export const endRun = (open: Open): void => {
  open.now = new Map([...open.kept].map(([name, seen]) => [name, new Set(seen)]));
};

interface Sweeping {
  readonly seen: ReadonlySet<string>;
  readonly of: string | undefined;
  readonly at: number;
  readonly people: readonly Person[];
}

const sweep = (source: SourceFacts, { seen, of, at, people }: Sweeping): void => {
  const scope = of === undefined ? Object.keys(source.items) : subtree(source, of);
  for (const key of scope) if (!seen.has(`item ${key}`)) delete source.items[key];
  if (of !== undefined) return;
  for (const [id, account] of Object.entries(source.accounts)) if (!seen.has(`account ${id}`)) account.active = false;
  for (const id of Object.keys(source.waiting)) if (!seen.has(`account ${id}`)) delete source.waiting[id];
  for (const [id, group] of Object.entries(source.groups))
    if (!seen.has(`group ${id}`)) source.groups[id] = { unknown: false, at: group.at };
  source.listed = at;
  endLinks(source, people);
};

/** All whose chain of parents holds this key. */
export const subtree = (source: SourceFacts, top: string): string[] =>
  Object.keys(source.items).filter((key) => {
    const chain = new Set<string>();
    for (let at = own(source.items, key)?.parent; at !== undefined && !chain.has(at); at = own(source.items, at)?.parent)
      chain.add(at);
    return chain.has(top) && key !== top;
  });

const itemOf = (document: boolean, at: number, parent?: string): Omit<SourceFacts['items'][string], 'acl'> => ({
  document,
  labels: [],
  fields: {},
  updatedAt: 0,
  ...(parent === undefined ? {} : { parent }),
  contentAt: at,
  aclAt: at,
});

const aclOf = (acl: Acl): AclFacts => ('unknown' in acl ? 'unknown' : acl.terms);

import { onTestFinished } from 'vitest';
import { z } from 'zod';

import type { Acl } from '../../src/core/acl.ts';
import type { Identity } from '../../src/core/caller.ts';
import type { Change } from '../../src/core/change.ts';
import type { Account, SourceDocument } from '../../src/core/document.ts';
import type { Member } from '../../src/core/principal.ts';
import type { Rules } from '../../src/core/rules.ts';
import { aDocument, anAccount } from './builders.ts';
import { openIndex } from './index-in-process.ts';
import { person, rulesFor } from './looking.ts';

const MONDAY = Date.UTC(2026, 0, 5);

const foundSchema = z.object({ results: z.array(z.looseObject({ id: z.string() })) });
const fetchedSchema = z.looseObject({
  text: z.string(),
  metadata: z.looseObject({ author: z.string().exactOptional(), author_trust: z.string() }),
});

/** What somebody reads in one document. */
export type Read = z.infer<typeof fetchedSchema>;

/** Sources that say things, and people who ask through the tools: real store, runner, rule and one path. */
export interface AWorld {
  /** One run of a source that says just this. */
  tell(source: string, ...changes: readonly Change[]): Promise<void>;
  /** The same, of a run that lists the source whole. */
  tellAll(source: string, ...changes: readonly Change[]): Promise<void>;
  pass(ms: number): void;
  /** What somebody fetches; search must show it to the same people. */
  read(who: string | Identity, id?: string): Promise<Read | undefined>;
  /** Who of these may see it. */
  readers(id: string, ...who: readonly (string | Identity)[]): Promise<string[]>;
}

/** Opens a world of these sources, gone with the test. */
export const aWorld = async (rules: Rules = rulesFor('wiki', 'desk')): Promise<AWorld> => {
  let now = MONDAY;
  const index = await openIndex({ rules, now: () => now });
  onTestFinished(() => index.close());
  const read: AWorld['read'] = async (who, id = 'wiki:plan') => {
    const identity = typeof who === 'string' ? person(who) : who;
    await index.identify(identity);
    const fetched = await index.ask(identity, 'fetch', { id });
    const searched = await index.ask(identity, 'search', { query: 'plan', limit: 50, max_tokens: 20_000 });
    if (!('output' in searched)) throw new Error(`a search was refused: ${JSON.stringify(searched)}`);
    const found = foundSchema.parse(searched.output).results.some((one) => one.id === id);
    if (found !== 'output' in fetched) throw new Error(`search ${found ? 'shows' : 'hides'} ${id}, fetch does not`);
    return 'output' in fetched ? fetchedSchema.parse(fetched.output) : undefined;
  };
  return {
    read,
    tell: async (source, ...changes) => void (await index.sync(source, changes)),
    tellAll: async (source, ...changes) =>
      void (await index.sync(source, [{ type: 'listing' }, ...changes, { type: 'complete' }])),
    pass: (ms) => void (now += ms),
    readers: async (id, ...people) => {
      const seen: string[] = [];
      for (const who of people) if (await read(who, id)) seen.push(typeof who === 'string' ? who : who.subject);
      return seen;
    },
  };
};

/** An account as a source says it: a member, active, with an e-mail made of the id. */
export const account = (id: string, given: Partial<Account> = {}): Change => ({
  type: 'account',
  account: anAccount({ id, ...given }),
});

/** A whole listing of a group. */
export const group = (name: string, ...members: readonly Member[]): Change => ({ type: 'members', group: name, members });

/** A group whose members could not be learned. */
export const unknownGroup = (name: string): Change => ({ type: 'members', group: name, members: { unknown: '403' } });

/** A folder. */
export const folder = (key: string, acl: Acl, parent?: string): Change => ({
  type: 'container',
  key,
  title: `Folder ${key}`,
  acl,
  ...(parent === undefined ? {} : { parent }),
});

/** A page that says the word that `read` searches for. */
export const page = (acl: Acl, given: Partial<SourceDocument> = {}): Change => ({
  type: 'document',
  document: aDocument({ acl, body: { kind: 'text', text: 'This is the plan.', format: 'plain' }, ...given }),
});

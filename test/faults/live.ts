import type { Fault, NamedTest } from './fault.ts';

const live = (test: string): NamedTest => ({ file: 'test/reader/live.test.ts', test });
const search = (test: string): NamedTest => ({ file: 'test/reader/live-search.test.ts', test });
const hidden = (test: string): NamedTest => ({ file: 'test/reader/live-hidden.test.ts', test });
const reads = (test: string): NamedTest => ({ file: 'test/reader/live-reads.test.ts', test });
const files = (test: string): NamedTest => ({ file: 'test/connectors/files-live.test.ts', test });

/** Mistakes in asking a source at the moment of the answer: whom it is asked about, and what its word may do. */
export const LIVE: readonly Fault[] = [
  {
    name: 'what must be asked live is shown without a word of its source',
    file: 'src/reader/redecide.ts',
    find: `if (!late && !forced) return`,
    plant: `if (!forced) return`,
    caughtBy: live('is not there when its source %s'),
  },
  {
    name: 'a source is asked before what is stored has allowed',
    file: 'src/reader/redecide.ts',
    find: `if (!held || isDenied(stored.labels, carried)) return 'refused';`,
    plant: `if ((!held && !forced) || isDenied(stored.labels, carried)) return 'refused';\n    if (!held) return unheard === 'none' || spoken.has(id) ? 'refused' : { need: needOf(id, stored, undefined) };`,
    caughtBy: hidden('its source hears nothing, by no tool: %s'),
  },
  {
    name: 'the word of a source opens what is stored as closed',
    file: 'src/reader/redecide.ts',
    find: `    if (!held || isDenied(stored.labels, carried)) return 'refused';\n`,
    plant: `    const told = spoken.get(id);\n    if (told) return byLive(stored, { word: told, facts, freshness, carried, now });\n    if (!held && forced) return { need: needOf(id, stored, undefined) };\n    if (!held || isDenied(stored.labels, carried)) return 'refused';\n`,
    caughtBy: live('needs both: a source that now lets everybody in opens nothing that is stored as closed'),
  },
  {
    name: 'the acl that a source says now decides nothing',
    file: 'src/reader/redecide.ts',
    find: `  const held = decide(says.acl, facts);\n  if (!held) return 'refused';`,
    plant: `  const held = decide(says.acl, facts) ?? { at };`,
    caughtBy: live('is not there when its source %s'),
  },
  {
    name: 'the labels that a source says now keep nothing from a client',
    file: 'src/reader/redecide.ts',
    find: `if (!says || isDenied(says.labels, carried)) return 'refused';`,
    plant: `if (!says) return 'refused';`,
    caughtBy: live('stays behind for a client whose policy denies the label that it has now'),
  },
  {
    name: 'what no source has spoken of is shown in the end',
    file: 'src/reader/redecide.ts',
    find: `if (unheard === 'none') return 'refused';`,
    plant: `if (unheard === 'none') return byStored(stored, { freshness, decidedAt, now });`,
    caughtBy: live('is not there where no source can be asked'),
  },
  {
    name: 'a group that decided is told to be as new as the word of the source',
    file: 'src/reader/redecide.ts',
    find: `const decidedAt = Math.min(held.at, at);`,
    plant: `const decidedAt = at;`,
    caughtBy: live('is that of a group that decided, however live the acl is'),
  },
  {
    name: 'a stored text passes for what the source has now',
    file: 'src/reader/redecide.ts',
    find: `fresh: unchanged && isFresh(`,
    plant: `fresh: isFresh(`,
    caughtBy: live('says that the text is not fresh where the source has another, and shows the stored one'),
  },
  {
    name: 'a source is believed about a document it was not asked about',
    file: 'src/sources/live.ts',
    find: `if (document?.key !== key) return { id, at };`,
    plant: `if (!document) return { id, at };`,
    caughtBy: live('is not there when its source %s'),
  },
  {
    name: 'a page is not filled with what comes after the refused',
    file: 'src/reader/confirm.ts',
    find: `['shown', 'shown', 'ranked', 'none']`,
    plant: `['shown', 'none']`,
    caughtBy: search('leaves out what a source refuses, and fills its page with the next ones'),
  },
  {
    name: 'what was not asked about ends a search as if nothing more were there',
    file: 'src/reader/confirm.ts',
    find: `['shown', 'shown', 'ranked', 'none']`,
    plant: `['shown', 'shown', 'shown', 'none']`,
    caughtBy: search('says truly whether there is more, also when most of what was found is refused'),
  },
  {
    name: 'a source is asked as somebody with an inactive account',
    file: 'src/reader/redecide.ts',
    find: `linked && active && fresh`,
    plant: `linked && fresh`,
    caughtBy: search('nobody, where their account is inactive'),
  },
  {
    name: 'one account’s answer is another’s',
    file: 'src/reader/live.ts',
    find: `need.key, need.as?.id, need.known`,
    plant: `need.key, need.known`,
    caughtBy: reads('once by all who ask for the same document as the same account, and again by everybody else'),
  },
  {
    name: 'a source is asked as much at once as somebody likes',
    file: 'src/reader/live.ts',
    find: `(running.get(answer) ?? 0) < OF_ANSWER && `,
    plant: ``,
    caughtBy: reads('about at most ten documents of one answer at the same time, and then about the rest'),
  },
  {
    name: 'one who asks for much leaves no room for others',
    file: 'src/reader/live.ts',
    find: ` && (running.get(callerOf(answer)) ?? 0) < OF_CALLER`,
    plant: ``,
    caughtBy: reads('by turns: whoever asks much leaves room for others'),
  },
  {
    name: 'a source that hangs is waited for',
    file: 'src/reader/live.ts',
    find: `    const timer = setTimeout(giveUp, turn.timeLeft());`,
    plant: `    const timer = setTimeout(giveUp, 60_000);`,
    caughtBy: reads('after the deadline, also where its turn never came, and all others are not'),
  },
  {
    name: 'a control file above a file is not read again',
    file: 'connectors/files/read.ts',
    find: `    chain.push(...(await termsOf(reading, folder, controls.of(''))));\n`,
    plant: `    if (folder.key === ROOT) chain.push(...(await termsOf(reading, folder, controls.of(''))));\n`,
    caughtBy: files('is narrowed by every control file above it, as they are now'),
  },
  {
    name: 'a file behind a link is read',
    file: 'connectors/files/read.ts',
    find: `    if (!stats?.isDirectory()) return 'gone'; // a link leads nowhere\n`,
    plant: `    if (!stats?.isDirectory() && !stats?.isSymbolicLink()) return 'gone';\n    if (stats.isSymbolicLink()) return 'forbidden';\n`,
    caughtBy: files('that %s is gone'),
  },
  {
    name: 'what stands in a file is remembered though it was written since',
    file: 'connectors/jsonl/read.ts',
    find: `if (known?.state === input.state) return known.fold;`,
    plant: `if (known) return known.fold;`,
    caughtBy: { file: 'test/connectors/jsonl-live.test.ts', test: 'a file that was %s says what it says now' },
  },
  {
    name: 'memory lets nothing decide that must be asked live',
    file: 'src/access/engine/instants.ts',
    find: `promised.onBreach === 'deny' ? now - promised.within : -Infinity`,
    plant: `promised.onBreach === 'label' ? -Infinity : now - promised.within`,
    caughtBy: {
      file: 'test/access/engine/equal.test.ts',
      test: 'the engine holds the acls that SQL holds, as long, and as stale, whatever is written by whom and when',
    },
  },
  {
    name: 'the audit does not say that a source was asked',
    file: 'src/store/sqlite/ledger/row.ts',
    find: `      permissionsAt,\n      decidedBy,\n`,
    plant: `      permissionsAt,\n`,
    caughtBy: {
      file: 'test/store/sqlite/ledger/ledger.test.ts',
      test: 'a row says of a document that its source let it through, and an older row says nothing of it',
    },
  },
];

import type { Fault, NamedTest } from './fault.ts';

const page = (test: string): NamedTest => ({ file: 'test/server/http/approve.test.ts', test });

/** Mistakes about who decides on the approval page, and about what. */
export const WRITES_PAGE: readonly Fault[] = [
  {
    name: 'a form needs no token',
    file: 'src/writes/links.ts',
    find: `if (!linked || !isSame(token, linked.token))`,
    plant: `if (!linked)`,
    caughtBy: page('a form of one link decides by no other'),
  },
  {
    name: 'a form may come from anywhere',
    file: 'src/server/http/approve-route.ts',
    find: `(site === null || site === 'same-origin') &&`,
    plant: ``,
    caughtBy: page('a form with %s decides nothing'),
  },
  {
    name: 'who proposed it gets a link to what somebody else must approve',
    file: 'src/writes/links.ts',
    find: `if (!suffices({ yes: true, through: 'page', by }, content.proposal.needs, content)) throw ownWord();`,
    plant: ``,
    caughtBy: page('gets no link to what somebody else must approve, by whatever name'),
  },
  {
    name: 'a link is good for what was changed since',
    file: 'src/writes/links.ts',
    find: `if (!said || !row || said.of !== digestOf(row)) return undefined;`,
    plant: `if (!said || !row) return undefined;`,
    caughtBy: { file: 'test/writes/links.test.ts', test: 'a link is good for what was shown, and not for what it has become' },
  },
  {
    name: 'what a source wrote runs on the page',
    file: 'src/server/http/approve-page.ts',
    find: '<ins>${line}</ins>',
    plant: '<ins>${raw(line)}</ins>',
    caughtBy: page('whatever is written into it is text, and nothing on the page runs'),
  },
  {
    name: 'what was decided is shown on',
    file: 'src/server/http/approve-route.ts',
    find: `if (state !== 'proposed') throw new AppError('conflict', '');`,
    plant: ``,
    caughtBy: page('of two answers at once, one counts, and none after it'),
  },
  {
    name: 'a link stands in the log',
    file: 'src/server/http/app.ts',
    find: 'if (path.startsWith(`${prefix}${route}/`)) return route;',
    plant: 'if (path.startsWith(`${prefix}${route}/`)) return path;',
    caughtBy: page('whoever has the link sees what would be written, and their yes lets it be written'),
  },
];

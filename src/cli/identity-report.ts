import type { AccountCase, CaseKind, Decided, KnownIdentity, ListedLink, Page, Roll, Standing } from '../store/people.ts';
import { type Channel, look, type Look } from './terminal.ts';
import { aligned, count, grouped } from './words.ts';

/** One source, as it is printed: all of it, or only some kinds of cases. */
interface Printed {
  readonly name: string;
  readonly roll: Roll;
  readonly kinds: readonly CaseKind[];
}

/** Prints who is linked in a source, and what waits for a decision. */
export const printRoll = (out: Channel, { name, roll, kinds }: Printed): void => {
  const { active, standings, links, cases } = roll;
  const counts = [
    `${grouped(standings.linked)} linked`,
    `${grouped(standings.withoutEmail + standings.foreign + standings.linkable + standings.refused)} unmatched`,
    `${grouped(standings.shared)} ambiguous`,
    `${grouped(standings.twoPeople + standings.claimed + standings.second)} conflicting`,
  ];
  out.line(look('bold', name), `   ${count(active, 'active account')}: ${counts.join(', ')}`);
  if (kinds.length === 0) printRows(out, 'linked', 'green', { total: links.total, rows: links.listed.map(linkCells) });
  for (const kind of kinds.length === 0 ? ALL : kinds) {
    const { total, listed } = cases[kind];
    printRows(out, kind, LOOKS[kind], { total, rows: listed.map(caseCells) });
  }
};

/** Prints whom a name means. */
export const printIdentities = (out: Channel, { total, listed }: Page<KnownIdentity>): void => {
  for (const { who, email, seenAt } of listed) {
    const seen = seenAt === undefined ? 'never came' : `last seen ${new Date(seenAt).toISOString()}`;
    out.line(look('bold', who), `   ${email ?? 'no e-mail'}   ${seen}`);
  }
  if (total === 0) out.line('Nobody has come by this name yet.');
};

const ALL: readonly CaseKind[] = ['unmatched', 'ambiguous', 'conflicting'];
const LOOKS: Readonly<Record<CaseKind, Look>> = { unmatched: 'dim', ambiguous: 'yellow', conflicting: 'red' };

const printRows = (
  out: Channel,
  kind: string,
  how: Look,
  { total, rows }: { readonly total: number; readonly rows: readonly (readonly string[])[] },
): void => {
  const shown = kind.padEnd(WIDTH);
  for (const cells of aligned(rows)) out.line('  ', look(how, shown), cells.join('   ').trimEnd());
  if (total > rows.length) out.line(`  ${shown}and ${grouped(total - rows.length)} more: --limit <number>`);
};

/** Of the longest kind, and what parts it from the account. */
const WIDTH = 'conflicting'.length + 2;

const linkCells = ({ account, name, who, method, evidence, at }: ListedLink): string[] => [
  account,
  named(account, name),
  who.who,
  `since ${new Date(at).toISOString()}`,
  method === 'email' ? `by the e-mail ${evidence.email}` : `by ${evidence.operator}: ${evidence.reason}`,
];

const caseCells = (one: AccountCase): string[] => [
  one.account,
  named(one.account, one.name),
  one.emails.length > EMAILS_SHOWN ? `${one.emails.slice(0, EMAILS_SHOWN).join(' ')} …` : one.emails.join(' '),
  REASONS[one.standing](one),
];

/** A source that knows no name gives the id for one. */
const named = (account: string, name: string | undefined): string => (name === account ? '' : (name ?? ''));

const EMAILS_SHOWN = 3;

/** Why an account waits, to be read after it. */
const REASONS: Readonly<Record<Standing, (one: AccountCase) => string>> = {
  linked: () => 'is linked',
  withoutEmail: () => 'has no e-mail',
  foreign: () => 'has no e-mail in a domain of the organisation',
  linkable: () => 'its person has not asked yet, and is linked when they do',
  refused: () => 'was taken by hand from somebody who carries its e-mail',
  shared: ({ accounts }) => `its e-mail is carried by ${accounts.join(', ')} too`,
  second: ({ accounts }) => `whoever carries its e-mail is linked to ${accounts.join(', ')}`,
  twoPeople: ({ people }) => `is linked to two people: ${people.join(', ')}`,
  claimed: ({ people }) => `is linked by hand, and somebody else carries its e-mail: ${people.join(', ')}`,
};

/** An identity, as JSON. */
export const identityJson = ({ who, email, seenAt }: KnownIdentity): object => ({
  who,
  email: email ?? null,
  last_seen: seenAt === undefined ? null : new Date(seenAt).toISOString(),
});

/** What a decision did, as JSON. */
export const decidedJson = ({ linked, unlinked, others }: Decided): object => ({ linked, unlinked, others });

/** A source, as JSON: everything, or only some kinds of cases. */
export const rollJson = (
  source: string,
  { active, standings, running, links, cases }: Roll,
  kinds: readonly CaseKind[],
): object => ({
  source,
  running,
  accounts: {
    active,
    linked: standings.linked,
    linkable: standings.linkable,
    without_email: standings.withoutEmail,
    foreign: standings.foreign,
    refused: standings.refused,
    shared: standings.shared,
    second: standings.second,
    two_people: standings.twoPeople,
    claimed: standings.claimed,
  },
  ...(kinds.length === 0 && { links: { total: links.total, listed: links.listed.map(linkJson) } }),
  ...Object.fromEntries(
    (kinds.length === 0 ? ALL : kinds).map((kind) => [
      kind,
      { total: cases[kind].total, listed: cases[kind].listed.map(caseJson) },
    ]),
  ),
});

const linkJson = ({ account, name, who, method, evidence, at }: ListedLink): object => ({
  account,
  name: name ?? null,
  who: who.who,
  email: who.email ?? null,
  method,
  evidence,
  since: new Date(at).toISOString(),
});

const caseJson = ({ account, name, emails, standing, accounts, people }: AccountCase): object => ({
  account,
  name: name ?? null,
  emails,
  why: WORDS[standing],
  accounts,
  people,
});

const WORDS: Readonly<Record<Standing, string>> = {
  linked: 'linked',
  linkable: 'linkable',
  withoutEmail: 'without_email',
  foreign: 'foreign',
  refused: 'refused',
  shared: 'shared',
  second: 'second',
  twoPeople: 'two_people',
  claimed: 'claimed',
};

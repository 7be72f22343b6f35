import type { Activity } from '../core/activity.ts';
import { type Identity, identityName } from '../core/caller.ts';
import type { Doubt, Step } from '../core/chain.ts';
import { parseDocumentId } from '../core/document.ts';
import { type AclExplained, explain, type Explanation, type Stood } from '../core/explain.ts';
import { asksSource, contentAtOf, mayDecide } from '../core/freshness.ts';
import { type LeafDoubt, leafDoubt } from '../core/leaf-doubt.ts';
import type { KnownAccount } from '../core/leaf.ts';
import { type Carried, isDenied } from '../core/policy.ts';
import type { Leaf, Member } from '../core/principal.ts';
import type { Rules } from '../core/rules.ts';
import type { Provenance } from '../store/reader.ts';
import type { Examined, ExaminedDocument } from './examined.ts';

/** Whether somebody may see a document. `undecided`: what is not known shuts it, and shuts it as surely as a no. */
export type Verdict = 'allowed' | 'denied' | 'undecided' | 'absent';

/** What shuts a document to somebody, whatever its acl says. */
export type Shut =
  | 'source not configured'
  | 'source not for this client'
  | 'label not for this client'
  | 'permissions past their promise'
  | 'content past its promise'
  | 'gone from the directory';

/** A step of a chain, and since when it is one of the group before it. */
export type EvidentStep = Step & { readonly since?: Provenance };

/** One principal of a term, and why the person is it or is not known not to be. */
export interface Evident extends Omit<Stood, 'through' | 'doubt'> {
  readonly through: readonly EvidentStep[];
  readonly doubt?: Exclude<Doubt, 'undecided'> | LeafDoubt;
}

/** An acl, and why it holds or does not. `since`: when the document or container got it. */
export interface EvidentAcl extends Omit<AclExplained, 'terms'> {
  readonly since?: Provenance;
  readonly terms: readonly {
    readonly from: string;
    readonly is: Stood['is'];
    readonly allow?: Evident;
    readonly allows: readonly Evident[];
    readonly denies: readonly Evident[];
  }[];
}

/** An account that has to do with the person. */
export interface EvidentAccount extends Omit<KnownAccount, 'name' | 'emails'> {
  readonly source: string;
  /** Its link is made when they ask. */
  readonly presumed: boolean;
  readonly since?: Provenance;
  readonly linkedSince?: Provenance;
}

/** All that is to be said of somebody and a document, but for titles and texts. */
export interface Explained {
  readonly verdict: Verdict;
  /** By what is stored it is allowed, and that is too old to show it before its source was asked, which may refuse. */
  readonly asksSource?: true;
  readonly shut: readonly Shut[];
  readonly activity?: Activity['is'];
  readonly accounts: readonly EvidentAccount[];
  /** Absent where the document is. */
  readonly acl?: EvidentAcl;
  readonly containers: readonly (EvidentAcl & { readonly key: string; readonly confirmedAt?: number; readonly tooDeep?: true })[];
  readonly cut: boolean;
  /** The same without evidence, and the document as it is stored: for whoever may show it. */
  readonly found?: { readonly stored: ExaminedDocument; readonly explanation: Explanation };
}

/** Who is asked about, by which rules and through which client, and when. */
export interface Subject {
  readonly identity: Identity;
  readonly rules: Rules;
  readonly carried: Carried;
  readonly now: number;
  /** Links that are made when they ask. */
  readonly due: readonly { readonly source: string; readonly account: string }[];
}

/** Says whether somebody may see a document and exactly why, for whoever may know that: of everybody and everything that decides. */
export const explainAccess = (reading: Examined, subject: Subject, id: string): Explained => {
  const { identity, rules, carried, now, due } = subject;
  const presumed = reading.presuming(due);
  const place = parseDocumentId(id);
  const stored = place && reading.document(place.source, place.key);
  const known = presumed.accounts(identity, rules, now);
  const activity = known.activity?.is;
  const sources = [...new Set([...(place ? [place.source] : []), ...(rules.directory === undefined ? [] : [rules.directory])])];
  const who = {
    ...(activity === undefined ? {} : { activity }),
    accounts: sources.flatMap((source) =>
      (known.in.get(source) ?? []).map((account) => evidentAccount(reading, subject, { source, account })),
    ),
  };
  if (!stored) return { verdict: 'absent', shut: [], ...who, containers: [], cut: false };
  const explanation = explain(stored.acl.value, presumed.facts(stored.source, identity, rules, now));
  const evident = evidence(reading, stored.source, (principal, source) =>
    leafDoubt(principal, { ...known, identity, rules, accounts: known.in.get(source) ?? [] }),
  )(rules.directory);
  const shut = shutBy(stored, { carried, rules, now, activity });
  const verdict = explanation.is === 'no' || shut.length > 0 ? 'denied' : explanation.is === 'yes' ? 'allowed' : 'undecided';
  return {
    verdict,
    ...(verdict === 'allowed' && hangsOnSource(stored, explanation, { rules, now }) ? { asksSource: true } : {}),
    shut,
    ...who,
    acl: { ...evident(explanation), ...sinceOf(reading.provenance(stored.source, 'acl', stored.key)) },
    containers: explanation.containers.map((container) => ({
      ...evident(container),
      key: container.key,
      ...(container.confirmedAt === undefined ? {} : { confirmedAt: container.confirmedAt }),
      ...(container.tooDeep ? { tooDeep: container.tooDeep } : {}),
      ...sinceOf(
        reading.provenance(stored.source, 'container', container.key) ?? reading.provenance(stored.source, 'acl', container.key),
      ),
    })),
    cut: explanation.cut,
    found: { stored, explanation },
  };
};

/** Whether a document that is allowed by what is stored is shown only once its source was asked. */
export const hangsOnSource = (
  stored: ExaminedDocument,
  { at = Infinity }: AclExplained,
  { rules, now }: Pick<Subject, 'rules' | 'now'>,
): boolean => {
  const freshness = rules.sources.get(stored.source);
  const decidedAt = Math.min(at, stored.permissionsSyncedAt);
  return freshness !== undefined && asksSource({ decidedAt, contentAt: contentAtOf(stored) }, freshness, now);
};

interface Standing extends Pick<Subject, 'carried' | 'rules' | 'now'> {
  readonly activity?: Activity['is'] | undefined;
}

/** What shuts a document to somebody of this activity, before its acl is looked at. */
export const shutBy = (stored: ExaminedDocument, { carried, rules, now, activity }: Standing): Shut[] => {
  const freshness = rules.sources.get(stored.source);
  if (!freshness) return ['source not configured'];
  const { permissions, content } = freshness;
  const shut: [boolean, Shut][] = [
    [!carried.sources.has(stored.source), 'source not for this client'],
    [isDenied(stored.labels, carried), 'label not for this client'],
    [!mayDecide(stored.permissionsSyncedAt, permissions, now), 'permissions past their promise'],
    [!mayDecide(contentAtOf(stored), content, now), 'content past its promise'],
    [activity === 'gone', 'gone from the directory'],
  ];
  return shut.flatMap(([is, why]) => (is ? [why] : []));
};

/** Adds to an explanation since when each step is so, and why it is not known who somebody is. */
const evidence =
  (reading: Examined, source: string, doubtAbout: (principal: Leaf, source: string) => LeafDoubt) =>
  (directory: string | undefined) => {
    const sourceAt = (through: readonly Step[], at: number): string =>
      directory !== undefined && through.slice(0, at + 1).some(({ principal }) => principal.startsWith('org:'))
        ? directory
        : source;
    const step = (through: readonly Step[], at: number, one: Step): EvidentStep => {
      const before = through[at - 1];
      if (!before) return one;
      const group = before.principal.slice(before.principal.indexOf(':') + 1);
      const listed = sourceAt(through, at - 1);
      const since = namesOf(one.principal).map((name) => reading.provenance(listed, 'members', group, name));
      return { ...one, ...sinceOf(since.find((found) => found !== undefined)) };
    };
    const stood = ({ through, doubt, principal, ...rest }: Stood): Evident => {
      const last = through.at(-1)?.principal ?? principal;
      const why = doubt === 'undecided' && isLeaf(last) ? doubtAbout(last, sourceAt(through, through.length - 1)) : doubt;
      return {
        principal,
        ...rest,
        through: through.map((one, at) => step(through, at, one)),
        ...(why === undefined || why === 'undecided' ? {} : { doubt: why }),
      };
    };
    return ({ is, at, unknown, terms }: AclExplained): EvidentAcl => ({
      is,
      ...(at === undefined ? {} : { at }),
      ...(unknown === undefined ? {} : { unknown }),
      terms: terms.map(({ allow, allows, denies, ...term }) => ({
        ...term,
        ...(allow ? { allow: stood(allow) } : {}),
        allows: allows.map(stood),
        denies: denies.map(stood),
      })),
    });
  };

const isLeaf = (principal: Stood['principal']): principal is Leaf => !/^(?:group|audience):/u.test(principal);

/** A group of the directory is listed there under its own name, or as the organisation's. */
const namesOf = (member: Member): string[] =>
  member.startsWith('org:') ? [member, `group:${member.slice('org:'.length)}`] : [member];

const sinceOf = (since: Provenance | undefined): { since?: Provenance } => (since ? { since } : {});

const evidentAccount = (
  reading: Examined,
  { identity, due }: Subject,
  { source, account }: { readonly source: string; readonly account: KnownAccount },
): EvidentAccount => {
  const { id, active, kind, linked, former, at, fresh } = account; // neither its name nor its e-mails
  const linkedSince = linked ? reading.provenance(source, 'link', id, identityName(identity)) : undefined;
  return {
    source,
    id,
    active,
    kind,
    linked,
    former,
    at,
    fresh,
    presumed: due.some((link) => link.source === source && link.account === id),
    ...sinceOf(reading.provenance(source, 'account', id)),
    ...(linkedSince ? { linkedSince } : {}),
  };
};

import { type Identity, identityName } from '../core/caller.ts';
import type { Facts } from '../core/decide.ts';
import { parseDocumentId } from '../core/document.ts';
import { AppError } from '../core/errors.ts';
import { explain } from '../core/explain.ts';
import type { Carried } from '../core/policy.ts';
import type { Rules } from '../core/rules.ts';
import type { Basis } from '../core/view.ts';
import type { Reading } from '../store/reader.ts';
import { domainsNamed } from './domains-named.ts';
import type { Examinable, Examined, ExaminedDocument } from './examined.ts';
import { hangsOnSource, type Shut, shutBy } from './explain.ts';
import { parseWho } from './identify.ts';
import { wayIn, whyShut } from './way.ts';

/** Somebody who can see a document, or of whom that cannot be decided. */
export interface Viewer {
  /** `issuer|subject`, or the e-mail of one who never asked. */
  readonly who: string;
  readonly kind: 'person' | 'service';
  /** What decides, in one line. */
  readonly way: string;
}

/** Who can see a document. Lists are cut at the limit; counts are whole. */
export interface Audience {
  readonly can: readonly Viewer[];
  readonly canCount: number;
  readonly undecided: readonly Viewer[];
  readonly undecidedCount: number;
  /** How many were looked at. */
  readonly asked: number;
  /** What shuts it to everybody, whatever its acl says. */
  readonly shut: readonly Shut[];
  /** For one of them at least its source is asked first, which may refuse. */
  readonly asksSource: boolean;
  /** Anybody who is identified, even without an e-mail. */
  readonly public: boolean;
  /** Whether anybody with a verified e-mail of this domain, owned or named by the acl, can, who is known to nothing here. */
  readonly anybodyElse: readonly { readonly domain: string; readonly can: boolean }[];
  readonly basis: Basis;
}

export interface WhoCanOptions {
  readonly reader: Examinable;
  readonly rules: Rules;
  /** What is carried where nobody's client narrows it. */
  readonly carried: Carried;
  readonly now: number;
  readonly limit: number;
  /** The links that somebody gets when they ask. */
  readonly linksDue: (identity: Identity) => Promise<readonly { readonly source: string; readonly account: string }[]>;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, of: number) => void;
}

/** People who are decided about in one read of the index; then others may have the thread. */
const AT_ONCE = 100;
/** An index that is never still for this often is asked about later. */
const TRIES = 3;

/**
 * Decides for everybody who is known, as when they ask, whether they can see a document. All are decided about as of one state of
 * the index: when it moves in between, it begins again. Undefined where there is no such document.
 */
export const whoCan = async (id: string, options: WhoCanOptions): Promise<Audience | undefined> => {
  for (let left = TRIES; left > 0; left--) {
    const audience = await tryWhoCan(id, options);
    if (audience !== 'moved') return audience;
  }
  throw new AppError('unavailable', 'The index changes faster than everybody can be looked at. Try again when no sync runs.');
};

interface Candidate {
  readonly identity: Identity;
  readonly who: string;
  readonly kind: Viewer['kind'];
}

const tryWhoCan = async (id: string, options: WhoCanOptions): Promise<Audience | undefined | 'moved'> => {
  const { reader, rules, now, limit, linksDue, signal, onProgress } = options;
  const place = parseDocumentId(id);
  const opened = reader.read((reading) => ({
    stored: place && reading.document(place.source, place.key),
    basis: reading.basis,
    people: reading.people(place ? [place.source, ...(rules.directory === undefined ? [] : [rules.directory])] : []),
  }));
  const { stored, basis } = opened;
  if (!stored) return undefined;
  const candidates = candidatesOf(opened.people, rules);
  const can: Viewer[] = [];
  const undecided: Viewer[] = [];
  let [canCount, undecidedCount, asksSource] = [0, 0, false];
  for (let at = 0; at < candidates.length; at += AT_ONCE) {
    signal.throwIfAborted();
    onProgress(at, candidates.length);
    const some = candidates.slice(at, at + AT_ONCE);
    const due = await Promise.all(some.map(({ identity }) => linksDue(identity)));
    const judged = reader.read((reading) => {
      if (!isAt(reading, basis)) return undefined;
      const judge = judging(reading, stored, options);
      return some.map((candidate, index) => ({ candidate, ...judge(candidate.identity, due[index] ?? []) }));
    });
    if (!judged) return 'moved';
    for (const { candidate, is, way, late } of judged) {
      asksSource ||= late;
      const viewer = { who: candidate.who, kind: candidate.kind, way };
      if (is === 'yes' && ++canCount <= limit) can.push(viewer);
      if (is === 'undecided' && ++undecidedCount <= limit) undecided.push(viewer);
    }
  }
  const strangers = reader.read((reading) => {
    if (!isAt(reading, basis)) return undefined;
    const holds = (identity: Identity): boolean =>
      judging(reading, stored, { rules, now, carried: options.carried })(identity, []).is === 'yes';
    const from = (domain: string): Identity => ({ ...NOBODY, email: `\u0000@${domain}` });
    const named = domainsNamed(stored.acl.value, reading.presuming([]).facts(stored.source, from('\u0000'), rules, now));
    const others = named.filter((domain) => !rules.ownedDomains.includes(domain)).toSorted();
    return {
      public: holds(NOBODY),
      anybodyElse: [...rules.ownedDomains, ...others].map((domain) => ({ domain, can: holds(from(domain)) })),
    };
  });
  if (!strangers) return 'moved';
  const shut = shutBy(stored, options);
  return { can, canCount, undecided, undecidedCount, asked: candidates.length, shut, asksSource, ...strangers, basis };
};

const isAt = ({ basis }: Pick<Reading, 'basis'>, { version, databaseId }: Basis): boolean =>
  basis.version === version && basis.databaseId === databaseId;

/** Stands for all who are known to nothing here: no name holds a control character. */
const NOBODY: Identity = { issuer: '\u0000', subject: '\u0000' };

const candidatesOf = (people: ReturnType<Reading['people']>, { services }: Rules): Candidate[] => {
  const known = [...(services?.keys() ?? [])].map((name): Candidate => ({
    identity: parseWho(name),
    who: name,
    kind: 'service',
  }));
  const isService = new Set(known.map(({ who }) => who));
  const asked = people.identities
    .map((identity): Candidate => ({ identity, who: identityName(identity), kind: 'person' }))
    .filter(({ who }) => !isService.has(who));
  const others = people.emails.map((email): Candidate => ({ identity: parseWho(email), who: email, kind: 'person' }));
  return [...known, ...asked, ...others];
};

type Judged = {
  readonly is: 'yes' | 'no' | 'undecided';
  readonly way: string;
  /** They see it once its source was asked. */
  readonly late: boolean;
};

/** Decides about one after the other in one transaction. What is listed and contained is the same for all of them, and read once. */
const judging = (
  reading: Examined,
  stored: ExaminedDocument,
  { rules, now, carried }: Pick<WhoCanOptions, 'rules' | 'now' | 'carried'>,
): ((identity: Identity, due: Parameters<Reading['presuming']>[0]) => Judged) => {
  const shut = shutBy(stored, { rules, now, carried }).length > 0;
  const shared = sharing();
  return (identity, due) => {
    if (shut) return { is: 'no', way: '', late: false };
    const own = shared(reading.presuming(due).facts(stored.source, identity, rules, now));
    const explanation = explain(stored.acl.value, own);
    const { is } = explanation;
    const late = is === 'yes' && hangsOnSource(stored, explanation, { rules, now });
    return { is, way: is === 'yes' ? wayIn(explanation) : is === 'undecided' ? whyShut(explanation) : '', late };
  };
};

/** Facts of one person after the other, with what is the same for all of them kept from the first. */
const sharing = (): ((facts: Facts) => Facts) => {
  let first: Facts | undefined;
  let firstDirectory: Facts | undefined;
  return (facts) => {
    first ??= facts;
    firstDirectory ??= facts.directory;
    const inDirectory: Facts | undefined =
      facts.directory && firstDirectory && joined(facts.directory, firstDirectory, () => inDirectory);
    return facts.directory === facts && inDirectory ? inDirectory : joined(facts, first, () => inDirectory);
  };
};

const joined = (own: Facts, shared: Facts, directory: () => Facts | undefined): Facts => ({
  leaf: (principal) => own.leaf(principal),
  listing: (group) => shared.listing(group),
  audience: (key) => shared.audience(key),
  get directory() {
    return directory();
  },
});

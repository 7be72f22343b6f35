import type { Acl } from '../core/acl.ts';
import type { Aspect, Members } from '../core/change.ts';
import type { Due } from '../core/connector.ts';
import type { Account, Field, Location } from '../core/document.ts';
import type { Identity } from '../core/caller.ts';
import type { RunDrift } from '../core/drift.ts';
import type {
  Decided,
  Decision,
  EmailLink,
  KnownIdentity,
  Link,
  LinkDecision,
  Match,
  Page,
  Roll,
  RollQuestion,
} from './people.ts';
import type { SourceDrift } from './source-drift.ts';
import type { Rules } from '../core/rules.ts';
import type { Delivered } from '../core/hook.ts';
import type { Standing, Whole } from '../core/schedule.ts';
import type { HistoryRow, HistorySubject } from './history-row.ts';

/** What a chunk weighs for one term: see `store/terms.ts`. */
export interface TermImpact {
  readonly term: string;
  readonly impact: number;
}

/** A chunk ready to be stored. The texts of a document's chunks, joined, are its text. */
export interface NewChunk {
  readonly text: string;
  readonly location: Location;
  readonly author?: `user:${string}`;
  readonly stripped: number;
  readonly terms: readonly TermImpact[];
  /** What is embedded: title and heading path before the text. Its hash is the key of the vector cache. */
  readonly embedded: string;
}

/** A document's text as it was parsed; absent from a write where it did not change. */
export interface NewText {
  readonly contentHash: string;
  readonly chunks: readonly NewChunk[];
}

/** Everything of a document but its text: written on every confirmation. */
export interface NewDocument {
  readonly key: string;
  readonly title: string;
  readonly type: string;
  readonly parent?: string;
  readonly url: string;
  readonly updatedAt: number;
  readonly acl: Acl;
  readonly author?: `user:${string}`;
  readonly revision?: string;
  readonly labels: readonly string[];
  readonly fields: Readonly<Record<string, Field>>;
  /** SHA-256 of title and body as the source gave them, hex: the short-cut for sources without revisions. */
  readonly bodyHash?: string;
  /** The parser's version and settings; another one means the text is read again. */
  readonly parser: string;
  readonly text?: NewText;
}

/** One step of a batch. Steps are applied in order, all of a batch in one commit. */
export type Write =
  | { readonly type: 'account'; readonly account: Account }
  | { readonly type: 'members'; readonly group: string; readonly members: Members; readonly more?: true }
  | { readonly type: 'container'; readonly key: string; readonly title: string; readonly acl: Acl; readonly parent?: string }
  | { readonly type: 'document'; readonly document: NewDocument }
  /** `labels`: where those of a document moved too, though nothing else of it did. */
  | { readonly type: 'acl'; readonly key: string; readonly acl: Acl; readonly labels?: readonly string[] }
  | { readonly type: 'delete'; readonly key: string }
  /** A document whose text could not be read: it keeps the one it had, under its permissions and labels and in its place of now. */
  | {
      readonly type: 'unread';
      readonly key: string;
      readonly acl: Acl;
      readonly labels: readonly string[];
      readonly parent?: string;
      /** The stored text is not what the source has now. */
      readonly outdated?: true;
    }
  /** A key that could not be read: seen by a listing, confirmed by nothing. Where contents were to be brought, its text may be another now. */
  | { readonly type: 'seen'; readonly key: string }
  | { readonly type: 'listing'; readonly of?: string }
  | { readonly type: 'unchanged'; readonly only?: Aspect }
  | { readonly type: 'checkpoint'; readonly cursor: unknown };

/** What a batch did, counted in documents. */
export interface Written {
  readonly changed: number;
  readonly deleted: number;
}

/** What is known of a document before it is read again. */
export interface KnownDocument {
  readonly title: string;
  readonly revision?: string;
  readonly bodyHash?: string;
  readonly parser: string;
}

export type RunStatus = 'complete' | 'partial' | 'failed';

export interface RunCounts {
  readonly read: number;
  readonly changed: number;
  readonly deleted: number;
  readonly problems: number;
}

export interface RunProblem {
  readonly key?: string;
  readonly message: string;
}

/** The end of a run. At most 100 problems are kept; `counts.problems` counts them all. */
export interface RunEnd {
  readonly status: RunStatus;
  readonly counts: RunCounts;
  readonly problems: readonly RunProblem[];
  /** Before then the source asked not to be asked again, ms since 1970. */
  readonly retryAt?: number;
  /** In what the source was not what its connector was written for; at most 100 different things are kept. */
  readonly drift?: RunDrift;
}

/** What a run was to bring, where that was not both. */
export type Alone = 'permissions' | 'content';

/** What a sweep would do, and did, counted in documents. */
export interface Sweep {
  readonly deleted: number;
  /** Set when the sweep was refused: how many documents it would have deleted, of how many. */
  readonly refused?: { readonly missing: number; readonly of: number };
}

/** How much a sweep may delete: more than `ratio` of the documents *and* more than `documents` is refused, unless accepted. */
export interface SweepLimit {
  readonly ratio: number;
  readonly documents: number;
  readonly accept: boolean;
}

/** One run's hold on one source: nobody else writes this source until it is closed or its process is dead. */
export interface SourceWriter {
  readonly run: number;
  /** What it is to bring: what it is not asked for it confirms nothing of. */
  readonly due: Due;
  /** Of the last committed checkpoint. */
  readonly cursor?: unknown;
  /** Whether the last whole listing ended without a refused sweep. */
  readonly listed: boolean;
  /** When each kind was last brought whole, by a run before this one. */
  readonly whole: Whole;
  known(keys: readonly string[]): Promise<ReadonlyMap<string, KnownDocument>>;
  /** `waits`: what members, accounts and containers widen is kept until a run calls `land`. Where nothing was stored before, nothing waits. */
  write(batch: readonly Write[], widening?: 'waits'): Promise<Written>;
  /** Lets hold what waits, of this run and of those before it. For a run that has said all it has to say. */
  land(): Promise<void>;
  /** Closes a listing opened in this run or in one it resumes: deletes what it did not see. Rejects with `invalid_input` when none is open. */
  sweep(limit: SweepLimit, of?: string): Promise<Sweep>;
  /**
   * Ends the run and gives the source free. Like every write it rejects with `conflict` when another run holds the source by now.
   * `whole`: whether all that was due came, but for documents that are named as problems; by default, whether it is complete.
   */
  finish(end: RunEnd, now: number, whole?: boolean): Promise<void>;
}

/** A chunk that waits for its vector. */
export interface WaitingChunk {
  readonly chunk: number;
  readonly embedded: string;
}

/** How a source stands, for `status`. Times are ms since 1970. */
export interface SourceStatus {
  readonly name: string;
  readonly connector: string;
  readonly documents: number;
  readonly chunks: number;
  readonly waitingForVectors: number;
  /** Documents nobody can see, each counted once, by what shuts it or one of the containers it rests on. */
  readonly dark: {
    readonly unknownAcl: number;
    readonly orgWithoutDirectory: number;
    readonly groupNeverListed: number;
    readonly containerAbsent: number;
  };
  /** Documents that deny by `user:` or by a group: people without an account there cannot see them. */
  readonly deniedByAccount: number;
  /** Documents whose text may be another now, and could not be read. */
  readonly outdated: number;
  /** Of what is stored: the oldest confirmation. */
  readonly oldestPermissions?: number;
  readonly oldestContent?: number;
  /** When each kind was last brought whole. */
  readonly whole: Whole;
  /** Before then the source asked not to be asked again. */
  readonly retryAt?: number;
  readonly drift: SourceDrift;
  readonly lastRun?: Omit<RunEnd, 'drift'> & { readonly startedAt: number; readonly endedAt?: number; readonly alone?: Alone };
  readonly running: boolean;
}

/** The newest run of a source. */
export interface LatestRun {
  /** ms since 1970. */
  readonly startedAt: number;
  /** Absent while it is under way. */
  readonly status?: RunStatus;
  readonly alone?: Alone;
}

/** What decides when a source is read next. Times are ms since 1970. */
export interface NextRun {
  readonly whole: Whole;
  readonly retryAt?: number;
}

/** How often a source said that something changed, and when last. */
export interface Rung {
  readonly rings: number;
  /** ms since 1970. */
  readonly at: number;
}

/** The index, for those who write it. Reading for callers goes through a `Reader`. */
export interface Store {
  readonly databaseId: string;
  /** Takes the source's lease; rejects with `conflict` when a living process holds it. `decide` says what is to be brought: everything by default. */
  open(source: string, connector: string, now: number, decide?: (standing: Standing) => Due): Promise<SourceWriter>;
  /** Oldest first, at most `limit`. Chunks whose vectors another model made are queued again first. */
  waiting(fingerprint: string, limit: number): Promise<readonly WaitingChunk[]>;
  waitingCount(fingerprint: string): Promise<number>;
  /** All that is to be embedded, in characters. */
  waitingCharacters(fingerprint: string): Promise<number>;
  /** Vectors of chunks deleted meanwhile are dropped. */
  putVectors(fingerprint: string, vectors: readonly { readonly chunk: number; readonly vector: Float32Array }[]): Promise<void>;
  /** In the order asked; a source never synced is absent. `directory`: the source whose groups `org:` names. */
  status(sources: readonly string[], directory?: string): Promise<readonly SourceStatus[]>;
  /** Undefined for a source never synced. Counts nothing, so it may be asked often. */
  latestRun(source: string): Promise<LatestRun | undefined>;
  /** Undefined for a source never synced. */
  nextRun(source: string): Promise<NextRun | undefined>;
  /** Undefined for a source that never rang. */
  rung(source: string): Promise<Rung | undefined>;
  /**
   * Takes deliveries of a source, and rings where one of them was not taken before: true where it does, now or soon. Ids of the last
   * day, and at most 10,000, are known. The same body under another id rings too, but not twice within a minute: once that is over.
   */
  ring(source: string, delivered: readonly Delivered[], now: number): Promise<boolean>;
  /** Of the last committed checkpoint of a source; undefined where there is none. */
  cursor(source: string): Promise<unknown>;
  /** What `identify` would give, without writing; `due` says whether there is something to write. */
  known(identity: Identity, now: number): Promise<{ readonly identity: Identity; readonly due: boolean }>;
  /** Records an identity as last seen, and gives what is stored: a known e-mail where `identity` has none. */
  identify(identity: Identity, now: number): Promise<Identity>;
  /** Every account that carries the e-mail of an identity, in sources no run is writing. */
  matches(identity: Identity): Promise<readonly Match[]>;
  links(identity: Identity): Promise<readonly Link[]>;
  /** Rejects with `conflict` unless the account is now the one active account of its source that carries `evidence.email`, nothing bars the two, and no run is writing it. */
  link(identity: Identity, link: EmailLink): Promise<void>;
  /** Whom a decision to link would link and unlink. Rejects as `linkByHand` does. */
  mayLinkByHand(decision: LinkDecision): Promise<Decided>;
  /**
   * Links by a person's word, and lifts what `unlink` refused. Rejects with `not_found` for an account that is not there, with
   * `conflict` for one that is inactive, that a run is writing, or that is somebody else's while `andUnlink` is not set.
   */
  linkByHand(decision: LinkDecision, now: number): Promise<Decided>;
  /** Whom a decision to unlink would unlink. Rejects as `unlink` does. */
  mayUnlink(decision: Decision): Promise<Decided>;
  /** Ends links, and keeps an e-mail from making them again. Rejects with `not_found` for an account or an identity that is not there. */
  unlink(decision: Decision, now: number): Promise<Decided>;
  /** Those known, or of them the ones `who` means as in a decision; the last seen first. */
  identities(limit: number, who?: Identity): Promise<Page<KnownIdentity>>;
  /** Undefined for a source never synced. */
  roll(question: RollQuestion): Promise<Roll | undefined>;
  /** Keeps the rules that are decided by from now on, unless they are the last that were kept. Gives what they are called: SHA-256 of their text, hex. */
  recordRules(rules: Rules): Promise<string>;
  /** Oldest first. */
  history(source: string, subject: HistorySubject, key: string): Promise<readonly HistoryRow[]>;
  /** Rejects with `unavailable`, naming what is wrong, when the file is damaged. */
  check(): Promise<void>;
  /** Leaves nothing of what was deleted in the files; what history says of it stays. */
  scrub(): Promise<void>;
  close(): Promise<void>;
}

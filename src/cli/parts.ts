import type { Readable } from 'node:stream';

import type { Explained } from '../access/explain.ts';
import type { Fidelity } from '../access/fidelity/fidelity.ts';
import type { Audience } from '../access/who-can.ts';
import type { Redecided, VerifyDecisionsOptions } from '../access/verify-decisions.ts';
import type { Watched } from '../core/connector.ts';
import type { AppError } from '../core/errors.ts';
import type { TokenScope } from '../core/caller.ts';
import type { Freshness } from '../core/freshness.ts';
import type { Progress } from '../ingest/progress.ts';
import type { SyncEnd } from '../ingest/runner.ts';
import type { Asked, Schedule } from '../core/schedule.ts';
import type { LatestRun, NextRun, Rung, SourceStatus } from '../store/store.ts';
import type { Standing } from '../sources/sign-in/standing.ts';
import type { Decided, KnownIdentity, Page, Roll } from '../store/people.ts';
import type { Ledger, Verified } from '../store/ledger.ts';
import type { AccessAnswer } from '../tools/explain-access.ts';
import type { Asking, AskingRequest } from './asking.ts';
import type { Connecting } from './connecting.ts';
import type { Desk } from './desk.ts';
import type { Draft, Preview } from './init-preview.ts';
import type { Overdue } from './overdue.ts';
import type { Patient } from './patient.ts';
import type { ToSend } from './to-send.ts';
import type { Telling } from './ring-on-change.ts';

/** One configuration and one data folder. */
export interface Place {
  readonly config: string;
  readonly data: string;
  /** Whether its sources are followed by whoever opens it. */
  readonly follows?: boolean;
}

/** The index, for the one who fills it. */
export interface Index {
  /** The configured sources and their promises, in the order of the file. */
  readonly sources: ReadonlyMap<string, Freshness>;
  /** Whether texts get vectors at all. */
  readonly embeds: boolean;
  /** The data folder, absolute. */
  readonly folder: string;
  /** Rejects with `conflict` while another process syncs this source. An aborted run ends `partial`. */
  sync(source: string, options: SyncOptions): Promise<SyncEnd>;
  /** What of this machine the source reads. */
  watches(source: string): readonly Watched[];
  /** Is it given once, on standard input? */
  readsStandardInput(source: string): boolean;
  latestRun(source: string): Promise<LatestRun | undefined>;
  nextRun(source: string): Promise<NextRun | undefined>;
  schedule(source: string): Schedule;
  /** How often the source said by its hook that something changed; undefined for one that has none configured. */
  rung(source: string): (() => Promise<Rung | undefined>) | undefined;
  /** How the source tells that it has something new; undefined for one that cannot. */
  telling(source: string): Pick<Telling, 'cursor' | 'awaitChange'> | undefined;
  /** Gives vectors to what waits for them. Rejects with `unavailable` where the model cannot run. */
  embed(options: { readonly signal: AbortSignal; readonly onProgress: (progress: Progress) => void }): Promise<void>;
  /** Why texts cannot get their vectors on this machine, if they cannot. */
  unembedded(): Promise<AppError | undefined>;
  /** What the next `embed` sends away, and about what that costs in US dollars; undefined where nothing leaves this machine. */
  toSend(): Promise<ToSend | undefined>;
  /** Leaves nothing of what was deleted in the files. Rejects with `unavailable` while somebody reads an older state. */
  tidy(): Promise<void>;
  status(): Promise<readonly SourceStatus[]>;
  /** How those sources that sign in stand with that. Nobody is asked. */
  signIns(): Promise<ReadonlyMap<string, Standing>>;
  close(): Promise<void>;
}

interface SyncOptions {
  readonly acceptDeletions: boolean;
  /** All that changed, by default. */
  readonly asked?: Asked;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

/** The server over HTTP: it has its port, and answers once it serves. */
export interface Gateway {
  /** Where it listens, as an address. */
  readonly listening: string;
  /** Where the world reaches it. */
  readonly publicUrl: string;
  /** Whose tokens it takes: issuers, and `local` for its own. */
  readonly issuers: readonly string[];
  /** Its port, where tokens are for that and the configuration names another: whoever makes one must be told. */
  readonly unconfiguredPort?: number;
  /** The source that an identity provider pushes to, and where. */
  readonly pushed?: { readonly source: string; readonly url: string };
  /** For the owner's ear only: the sources that are older than they promised. */
  overdue(): Promise<readonly Overdue[]>;
  /** Answers until `signal` aborts, then finishes what it accepted. */
  serve(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** How a server over HTTP is reached. */
export interface Endpoint {
  /** The address of its `/mcp`: whom tokens are for. */
  readonly url: string;
  /** Whose tokens it takes: issuers, and `local` for its own. */
  readonly issuers: readonly string[];
}

/** A token of this server's own. */
export interface Issued {
  readonly token: string;
  /** By which it is withdrawn, and found in the audit. */
  readonly id: string;
  /** ms since 1970. */
  readonly expiresAt: number;
  /** The address it is good for. */
  readonly audience: string;
}

/** What a token of this server's own is asked to say. */
export interface TokenRequest {
  /** A verified e-mail, or `issuer|subject`. */
  readonly who: string;
  readonly client: string;
  readonly scopes: readonly TokenScope[];
  /** Absent: 15, or less where the configuration allows less. */
  readonly minutes?: number;
  /** Why somebody asks as another, for the audit. */
  readonly reason?: string;
  /** Of the server it is for, where that was started with another than the configured one. */
  readonly port?: number;
}

/** The audit chain. */
export interface Trail extends Pick<Ledger, 'list' | 'close'> {
  /** Records that somebody is about to read what people asked, and why: they see it only after that. */
  reveal(reason: string): Promise<void>;
  /** Makes the recorded decisions again, as the index remembers the time. */
  verifyDecisions(options: Omit<VerifyDecisionsOptions, 'ledger' | 'past'>): Promise<Redecided>;
  /** Held against an anchor file, where one is named. */
  verify(anchorFile?: string): Promise<Verified>;
  /** The anchor file that lies in the data folder. */
  readonly anchorFile?: string;
}

/** What the owner of the data folder decides about somebody and an account. */
interface PeopleDecision {
  /** A verified e-mail, which means everybody who is known with it, or `issuer|subject`. */
  readonly who: string;
  readonly source: string;
  readonly account: string;
  readonly reason: string;
}

/** Who is which account. What is decided is in the audit before it holds. */
export interface People {
  /** As configured. */
  readonly sources: readonly string[];
  /** Whom people sign in at. */
  readonly issuers: readonly string[];
  /** The last seen first. */
  identities(limit: number, who?: string): Promise<Page<KnownIdentity>>;
  /** Undefined for a source that was never read. Rejects with `invalid_input` for one that is not configured. */
  roll(source: string, options: { readonly limit: number; readonly who?: string }): Promise<Roll | undefined>;
  link(decision: PeopleDecision & { readonly andUnlink: boolean }): Promise<Decided>;
  unlink(decision: PeopleDecision): Promise<Decided>;
  close(): Promise<void>;
}

/** Somebody and a document. */
interface ExplainRequest {
  /** A verified e-mail, or `issuer|subject`. */
  readonly who: string;
  readonly id: string;
  /** Through which client; absent: through one that narrows nothing. */
  readonly client?: string;
  /** As of then, ms since 1970; absent: now. */
  readonly at?: number;
  /** Whether the title is shown: for a reason alone. */
  readonly reveal?: boolean;
  readonly reason?: string;
}

/** The time that was asked about, and what the index remembers of it. Times are ms since 1970. */
export interface AsOfTime {
  readonly at: number;
  /** The last version committed by then. */
  readonly version: number;
  /** When the rules that were decided by were recorded; absent: none were by then, so they are those of now. */
  readonly rulesAt?: number;
}

/** Why somebody may see a document, or not. */
export interface AccessReport extends Omit<Explained, 'found'> {
  /** `issuer|subject`. */
  readonly who: string;
  readonly email?: string;
  readonly id: string;
  readonly client?: string;
  /** Other identities that are known with this e-mail. */
  readonly also: readonly string[];
  readonly title?: string;
  /** Present where it is about another time than now. */
  readonly asOf?: AsOfTime;
  /** What they hear of it themselves; absent where that is `not_found`. */
  readonly answer?: AccessAnswer;
}

/** Everybody, and a document. */
interface WhoCanRequest {
  readonly id: string;
  /** How many are named; all are counted. */
  readonly limit: number;
  /** As of then, ms since 1970; absent: now. */
  readonly at?: number;
  readonly reason?: string;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, of: number) => void;
}

/** A source, to be asked about people and documents of its own. */
interface VerifyRequest {
  readonly source: string;
  /** How many pairs of somebody and a document. */
  readonly sample: number;
  /** Which are drawn; absent: any. */
  readonly seed?: string;
  readonly reason?: string;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, of: number) => void;
}

/** Where the owner of the data folder asks who may see what, and why. Every answer is in the audit before it is given. */
export interface Examiner {
  /** Rejects with `invalid_input` where `who` names nobody, or a title is asked for without a reason. */
  explain(request: ExplainRequest): Promise<AccessReport>;
  /** Undefined where there is no such document. */
  whoCan(request: WhoCanRequest): Promise<(Audience & { readonly asOf?: AsOfTime }) | undefined>;
  /** Asks the source itself, and compares. Rejects with `invalid_input` for one that is not configured or cannot be asked. */
  verify(request: VerifyRequest): Promise<Fidelity>;
  close(): Promise<void>;
}

/** Everything a command may use, built by main. */
export interface Parts {
  readonly version: string;
  /** ms since 1970. */
  readonly now: () => number;
  readonly stdin: Readable;
  /** How to start this program: what stands before the command's name. Absolute, as a client needs it. */
  readonly program: readonly [string, ...string[]];
  /** The made-up company, and where a copy of it may be made. */
  readonly company: string;
  readonly temporary: string;
  /** Programs that attach a client, for somebody to build on. */
  readonly examples: string;
  /** The folder of the person at the keyboard. */
  readonly home: string;
  /** How a server over HTTP of this place is reached. `port` instead of the configured one. */
  endpoint(place: Place, options: { readonly port?: number }): Promise<Endpoint>;
  openIndex(place: Place): Promise<Index>;
  openDesk(place: Place): Promise<Desk>;
  /** `port` instead of the configured one; 0 is any that is free. */
  openHttp(place: Place, options: { readonly port?: number }): Promise<Gateway>;
  openTrail(place: Place): Promise<Trail>;
  /** Rejects with `config` where this server's own tokens are off. */
  issueToken(place: Place, request: TokenRequest): Promise<Issued>;
  /** Reads a source that is not configured yet, to say what it holds and for whom. */
  openPreview(draft: Draft, signal: AbortSignal): Promise<Preview>;
  openPatient(place: Place): Promise<Patient>;
  /** Rejects with `unavailable` where there is no index yet. */
  openPeople(place: Place): Promise<People>;
  openExaminer(place: Place): Promise<Examiner>;
  openConnecting(place: Place): Promise<Connecting>;
  /** Rejects with `config` where there is no key, or OpenAI could not reach the server. */
  openAsking(place: Place, request: AskingRequest): Promise<Asking>;
}

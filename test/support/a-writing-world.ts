import { isDeepStrictEqual } from 'node:util';

import { z } from 'zod';

import type { Caller } from '../../src/core/caller.ts';
import { AppError } from '../../src/core/errors.ts';
import type { Confirmable } from '../../src/core/proposal.ts';
import type { WritePolicy } from '../../src/core/policy.ts';
import type { Dice } from '../property/dice.ts';
import type { AWriter, AWritingPlace } from './a-writing-place.ts';
import { only } from './builders.ts';
import type { AuditEvent } from '../../src/core/audit.ts';
import type { Point } from './a-board.ts';
import { aHand, SIGNAL } from './writing.ts';

/** What there is to write on. */
export const NOTES = ['plan', 'list', 'diary'] as const;
/** Where the process that makes a write may die: before its intent is in the audit, after, in the source, with the receipt in hand. */
export const POINTS = ['taken', 'proven', 'before', 'during', 'after', 'kept'] as const;
const RECORDED: Readonly<Record<string, 'taken' | 'proven' | 'kept'>> = {
  'intended before': 'taken',
  'intended after': 'proven',
  'done before': 'kept',
};
const POLICIES: readonly [WritePolicy, ...WritePolicy[]] = ['auto', 'auto', 'confirm', 'approve', 'forbid'];

interface Known extends Confirmable {
  readonly caller: Caller;
}

/** Everything that may happen around writes, in any order; what must hold is looked at from the inside of each call of the source. */
export class WritingWorld {
  readonly written = new Set<string>();
  readonly yes = new Map<string, { readonly by: string; readonly seen: readonly string[] }>();
  /** Mistakes that were met inside the source: whatever is thrown there is an answer of it. */
  readonly broken: string[] = [];
  readonly known: Known[] = [];
  readonly ends = new Map<string, string>();
  writers: [AWriter, AWriter];
  next: 'nothing' | 'error' | 'crash' = 'nothing';
  at: (typeof POINTS)[number] = 'before';
  /** Of those that died or met an error, which, and where. */
  readonly met: { readonly id: string; readonly at: (typeof POINTS)[number]; readonly died: boolean }[] = [];
  texts = 0;
  /** How many were settled by a person's word. */
  settled = 0;
  died = Promise.withResolvers<void>();
  readonly place: AWritingPlace;
  readonly roll: Dice;

  constructor(place: AWritingPlace, roll: Dice) {
    this.place = place;
    this.roll = roll;
    this.writers = [place.writer(), place.writer()];
    place.board.trouble = (point, id) => this.called(point, id);
    place.recording = (event, when) => this.recorded(event, when);
  }

  /** Inside the source: what was promised of this call, and then what goes wrong. */
  async called(point: Point, id: string): Promise<void> {
    if (point === 'before') await this.look(id);
    if (point === 'during') this.written.add(id);
    await this.goWrong(point, id, new Error('the line broke'));
  }

  /** Around the rows of a write: those of its intent and of its receipt. */
  async recorded({ tool, outcome, arguments: given }: AuditEvent, when: 'before' | 'after'): Promise<void> {
    const point = tool === 'write' ? RECORDED[`${outcome} ${when}`] : undefined;
    const { proposal } = z.looseObject({ proposal: z.string() }).parse(given);
    if (point) await this.goWrong(point, proposal, new AppError('unavailable', 'The disk is full.'));
  }

  async goWrong(point: (typeof POINTS)[number], id: string, error: Error): Promise<void> {
    if (this.next === 'nothing' || point !== this.at) return;
    const what = this.next;
    this.next = 'nothing';
    this.met.push({ id, at: point, died: what === 'crash' });
    if (what === 'error') throw error;
    this.died.resolve();
    await new Promise(() => undefined);
  }

  must(what: string, is: unknown, should: unknown): void {
    if (!isDeepStrictEqual(is, should)) this.broken.push(`${what}: ${JSON.stringify(is)}, and not ${JSON.stringify(should)}`);
  }

  async look(id: string): Promise<void> {
    const { board, audited, policies, accounts, clock } = this.place;
    const one = this.known.find(({ proposal }) => proposal.id === id);
    if (!one) {
      this.broken.push(`nobody proposed ${id}`);
      return;
    }
    const { proposal, confirmation, caller } = one;
    const { expiresAt } = await this.writers[1].writes.confirmed(caller, confirmation); // it may have come to wait longer
    const who = caller.identity.subject;
    const key = proposal.target;
    const rights = this.rights.get(key);
    const wider = [...(this.exposed.get(who) ?? [])].filter((read) => read !== key && this.isWider(key, read));
    const policy = policies.actions['board.edit'] ?? 'auto';
    const needs = wider.length > 0 && policy !== 'forbid' ? 'approve' : policy;
    const yes = this.yes.get(id);
    const approved = yes?.by === 'os:owner' && wider.every((read) => yes.seen.includes(`board:${read}`));
    const names = (row: { readonly arguments: unknown }): boolean => JSON.stringify(row.arguments).includes(id);
    const is = {
      calls: board.journal().filter((each) => each === id).length,
      intended: audited.filter((row) => row.outcome === 'intended' && names(row)).length,
      active: accounts.find((each) => each.id === who)?.active,
      writes: rights?.write.includes(who),
      reads: rights?.read.includes(who),
      before: board.text(key),
      expired: expiresAt <= clock.now,
      decided: needs === 'auto' || (needs === 'confirm' && yes !== undefined) || (needs === 'approve' && approved),
    };
    this.must('a call of the source', is, {
      calls: 1,
      intended: 1,
      active: true,
      writes: true,
      reads: true,
      before: proposal.changes[0]?.before,
      expired: false,
      decided: true,
    });
  }

  readonly rights = new Map<string, { read: string[]; write: string[] }>();
  readonly exposed = new Map<string, Set<string>>();
  readonly synced = new Map<string, string[]>();
  isWider(key: string, read: string): boolean {
    const readers = this.rights.get(key)?.read ?? [];
    return readers.some((one) => !(this.synced.get(read) ?? []).includes(one));
  }

  async sync(): Promise<void> {
    await this.place.sync();
    for (const [key, { read }] of this.rights) this.synced.set(key, read);
  }
  put(key: string): void {
    this.place.board.put(key, `text ${++this.texts}`);
  }
  right(key: string, read: string[], write: string[]): void {
    this.rights.set(key, { read, write });
    this.place.board.rights(key, { read: only(...read.map((one) => `user:${one}` as const)), write });
  }

  anyKnown(): Known | undefined {
    return this.known[this.roll.roll(this.known.length)];
  }

  async propose(): Promise<void> {
    const caller = this.place.caller(this.roll.pick(['ada', 'bob', 'eve']));
    const { writes } = this.roll.pick(this.writers);
    const hand = aHand(this.place, writes, caller);
    const target = `board:${this.roll.pick(NOTES)}`;
    const key = this.roll.chance(0.2) ? { idempotencyKey: this.roll.pick(['a', 'b']) } : {};
    const input = { text: 'idempotencyKey' in key ? `keyed ${target} ${key.idempotencyKey}` : `text ${++this.texts}` };
    const proposed = await mendable(() => hand.propose({ target, input, ...key }));
    if (proposed) this.remember(proposed, caller);
  }
  remember(one: Confirmable, caller: Caller): void {
    if (!this.known.some(({ proposal }) => proposal.id === one.proposal.id)) this.known.push({ ...one, caller });
  }

  async decide(): Promise<void> {
    const one = this.anyKnown();
    if (!one) return;
    const { proposal, caller } = one;
    const yes = this.roll.chance(0.8);
    const by = this.roll.chance(0.7) ? 'os:owner' : `idp|${caller.identity.subject}`;
    const { writes } = this.roll.pick(this.writers);
    const seen = (await writes.pending()).find(({ id }) => id === proposal.id)?.exposed.map(({ id }) => id) ?? [];
    const said = await mendable(async () => {
      await writes.decide(proposal.id, { yes, through: 'cli', by });
      return true;
    });
    if (said && yes) this.yes.set(proposal.id, { by, seen });
  }

  async commit(times: number): Promise<void> {
    const one = this.roll.chance(0.6) ? this.known.at(-1) : this.anyKnown();
    if (!one) return;
    const { proposal, confirmation, caller } = one;
    const asked = this.roll.chance(0.3);
    const commits = Array.from({ length: times }, (_, at) => {
      const { writes } = this.writers[at % 2 === 0 ? 0 : 1];
      return mendable(async () => {
        const made = await aHand(this.place, writes, caller).commit(confirmation, async () => {
          if (!asked) return 'unable';
          if (!this.yes.has(proposal.id)) this.yes.set(proposal.id, { by: `idp|${caller.identity.subject}`, seen: [] });
          return 'yes';
        });
        const { outcome } = made.committed;
        const before = this.ends.get(proposal.id);
        if (outcome !== 'uncertain') this.must(`told ${outcome}`, this.written.has(proposal.id), outcome === 'done');
        if (before === 'done' || before === 'absent') this.must('told again', outcome, before);
        if (outcome !== 'undecided') this.ends.set(proposal.id, outcome);
        if (made.fresh) this.remember(made.fresh, caller);
      });
    });
    await Promise.race([Promise.all(commits), this.died.promise]);
  }

  /** The process that makes the next write dies while it does; another takes its place. */
  async crash(): Promise<void> {
    await this.propose(); // so that there often is one
    await this.decide();
    this.next = 'crash';
    this.at = this.roll.pick(POINTS);
    await this.commit(1);
    this.next = 'nothing';
    this.writers[0].crash();
    this.writers = [this.place.writer(), this.writers[1]];
    this.died = Promise.withResolvers();
    if (this.roll.chance(0.5)) await this.writers[0].writes.settle(SIGNAL);
  }

  /** Somebody looks at the source, and two say at once what they found: what is so. */
  async settle(): Promise<void> {
    const all = await this.writers[1].writes.uncertain(SIGNAL);
    const id = all[this.roll.roll(all.length)]?.id;
    if (id === undefined) return;
    const written = this.written.has(id);
    const said = this.writers.map(({ writes }) =>
      mendable(() => writes.conclude(id, { written, through: 'cli', by: 'os:owner' }, SIGNAL)),
    );
    const ends = (await Promise.all(said)).flatMap((end) => end ?? []);
    this.must('settled once', ends.length, 1);
    this.must('settled', ends[0]?.outcome, written ? 'done' : 'absent');
    this.settled += ends.filter(({ word }) => word === 'person').length;
  }

  async step(): Promise<void> {
    const { place, roll } = this;
    const key = roll.pick(NOTES);
    const who = roll.pick(['ada', 'bob']);
    const what = 1 + roll.roll(25);
    if (what <= 7) return this.propose();
    if (what <= 10) return this.decide();
    if (what <= 15) return this.commit(1);
    if (what === 16) return this.commit(2 + roll.roll(3));
    if (what === 18 || what === 17) return this.crash();
    if (what === 19) {
      this.next = 'error';
      this.at = roll.pick(POINTS);
      await this.commit(1);
      this.next = 'nothing';
    }
    if (what === 20) this.put(key);
    if (what === 21)
      this.right(key, roll.pick([['ada', 'bob'], ['ada', 'bob'], [who]]), roll.pick([['ada', 'bob'], ['ada', 'bob'], [who]]));
    if (what === 22) place.policies.actions['board.edit'] = roll.pick(POLICIES);
    if (what === 23) {
      if (roll.chance(0.5)) {
        place.accounts = place.accounts.map((one) => (one.id === who ? { ...one, active: !one.active } : one));
      }
      place.clock.now += roll.roll(6) * 60_000;
      await this.sync();
      if (roll.chance(0.5)) await roll.pick(this.writers).writes.settle(SIGNAL);
    }
    if (what === 25) return this.settle();
    if (what === 24) {
      await place.shown(place.caller(who), `board:${key}`);
      this.exposed.set(who, (this.exposed.get(who) ?? new Set()).add(key));
    }
  }

  /** In the end everything is known: what is done is there once, and what is absent never was. */
  async end(): Promise<void> {
    await this.writers[1].writes.settle(SIGNAL);
    const journal = this.place.board.journal();
    this.must('calls of the source', journal.length, new Set(journal).size);
    for (const { proposal, confirmation, caller } of this.known.filter(({ proposal: { id } }) => journal.includes(id))) {
      const made = await mendable(() => aHand(this.place, this.writers[1].writes, caller).commit(confirmation));
      const written = this.written.has(proposal.id);
      const outcome = made?.committed.outcome ?? 'absent';
      if (outcome !== 'uncertain') this.must('told in the end', outcome, written ? 'done' : 'absent');
      if (this.met.some(({ id, at }) => id === proposal.id && at === 'kept')) this.must('with its receipt', outcome, 'done');
    }
    for (const { id, at, died } of this.met.filter((one) => one.at === 'taken' || one.at === 'proven')) {
      this.must(`reached the source, ${died ? 'dead' : 'unproven'} when ${at}`, journal.includes(id), false);
    }
  }
}

/** What a person can mend is an answer; anything else is a mistake of ours. */
const mendable = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError || (error instanceof Error && / is (?:absent|refused)$/u.test(error.message))) return undefined;
    throw error;
  }
};

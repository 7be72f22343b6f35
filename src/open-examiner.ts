import { existsSync } from 'node:fs';

import { type Examinable, examinableAt } from './access/examined.ts';
import { explainAccess } from './access/explain.ts';
import { verifySource } from './access/fidelity/verify-source.ts';
import { parseWho } from './access/identify.ts';
import { linksDue } from './access/link.ts';
import { whoCan } from './access/who-can.ts';
import type { AsOfTime, Examiner, Place } from './cli/parts.ts';
import { type Identity, identityName, type Scope } from './core/caller.ts';
import { AppError } from './core/errors.ts';
import { ownPath } from './core/own-path.ts';
import { carriedBy } from './core/policy.ts';
import { reasonOf } from './core/reason.ts';
import type { Rules } from './core/rules.ts';
import type { Basis, Missing } from './core/view.ts';
import { type Machine, openPlace } from './machine.ts';
import { openAskSource } from './open-ask.ts';
import { openSignIns } from './open-sign-ins.ts';
import { openAudit } from './server/audit.ts';
import { openKeys } from './store/keys.ts';
import type { AsOf, Past } from './store/past.ts';
import { openPast } from './store/sqlite/history-past.ts';
import { openStore } from './store/sqlite/index-store.ts';
import { openLedger } from './store/sqlite/ledger/ledger.ts';
import { openReader } from './store/sqlite/reader.ts';
import { accessAnswer } from './tools/explain-access.ts';

/**
 * Opens the place where the owner of the data folder asks who may see what, and why. Every answer is in the audit, with both names,
 * before it is given. Nothing is written to the index: whoever was never seen is decided about as when they first ask.
 */
export const openExaminer = async (place: Place, machine: Machine): Promise<Examiner> => {
  const { config, folder } = await openPlace(place, machine);
  const { env, now, random, warn, requestId } = machine;
  if (!existsSync(folder.index)) {
    throw new AppError('unavailable', `There is no index ${folder.index} yet. Make it with: castellan sync`);
  }
  await using opened = new AsyncDisposableStack();
  const store = opened.adopt(await openStore({ path: folder.index, now }), (one) => one.close());
  const reader = opened.adopt(openReader(folder.index), async (one) => one.close());
  const keys = await openKeys({ folder, env, random });
  const ledger = opened.adopt(openLedger({ path: folder.ledger, keys: keys.ledger, random }), (one) => one.close());
  const anchor = { path: config.audit.anchor ?? folder.anchor, every: config.audit.every };
  const audit = opened.adopt(openAudit({ ledger, anchor, now, warn }), (one) => one.close());
  const operator = `os:${machine.operator}`;

  let past: Past | undefined;
  const signIns = opened.adopt(openSignIns(folder, machine), (one) => one.close());
  opened.defer(() => past?.close());

  const record = ({ who, tool, given, basis, outcome }: Use): Promise<void> =>
    audit.record({
      at: now(),
      request: requestId(),
      who,
      ...(who === operator ? {} : { actor: operator }),
      client: 'cli',
      tool,
      arguments: given,
      documents: [],
      basis,
      outcome,
    });

  /** The index as it stands, or as it was at a time, and the rules of that time. */
  const examine = (
    at: number | undefined,
  ): { readonly examinable: Examinable; readonly rules: Rules; readonly asOf?: AsOfTime } => {
    if (at === undefined) return { examinable: reader, rules: config.rules };
    past ??= openPast(folder.index);
    const { version, rules } = momentOf(past, at, now());
    const asOf = { at, version, ...(rules ? { rulesAt: rules.at } : {}) };
    return { examinable: examinableAt(past, version, now()), rules: rules?.rules ?? config.rules, asOf };
  };

  const closing = opened.move();
  return {
    explain: async ({ who, id, client, at, reveal = false, reason: given }) => {
      const { scope, reason } = permitted({ reveal, reason: given });
      const { identity } = await store.known(parseWho(who), now());
      if (reveal && at !== undefined)
        throw new AppError('invalid_input', 'A title is not remembered. Leave out --at, or --reveal.');
      const { examinable, rules, asOf } = examine(at);
      const due = asOf ? [] : await linksDue(store, identity, rules, now());
      const carried = client === undefined ? carriedByAny(rules) : carriedBy(client, rules);
      const { basis, explained, also } = examinable.read((reading) => ({
        basis: reading.basis,
        explained: explainAccess(reading, { identity, rules, carried, now: now(), due }, id),
        also: reading
          .people([])
          .identities.filter((other) => isAlso(other, identity))
          .map(identityName),
      }));
      const { found, verdict, asksSource: late = false, ...rest } = explained;
      const asksSource = late && !asOf; // of the past every fact counts as confirmed
      const narrowed = client === undefined ? {} : { client };
      await record({
        who: identityName(identity),
        tool: 'explain',
        given: { id, ...narrowed, ...asked(asOf), scope, ...(reason === undefined ? {} : { reason }) },
        basis,
        outcome: verdict === 'absent' ? 'absent' : 'answered',
      });
      const path = found && verdict === 'allowed' && !asOf && !asksSource ? ownPath(found.explanation) : undefined;
      return {
        who: identityName(identity),
        ...(identity.email === undefined ? {} : { email: identity.email }),
        id,
        ...narrowed,
        also,
        verdict,
        ...rest,
        ...(asksSource ? { asksSource } : {}),
        ...(asOf ? { asOf } : {}),
        ...(found?.stored.title !== undefined && scope === 'impersonate' ? { title: found.stored.title } : {}),
        ...(found && path ? { answer: accessAnswer({ id, permissionsSyncedAt: decidedAt(explained), path }) } : {}),
      };
    },
    whoCan: async ({ id, limit, at, reason: given, signal, onProgress }) => {
      const { reason } = permitted({ reveal: false, reason: given });
      const { examinable, rules, asOf } = examine(at);
      const audience = await whoCan(id, {
        reader: examinable,
        rules,
        carried: carriedByAny(rules),
        now: now(),
        limit,
        linksDue: async (identity) => (asOf ? [] : linksDue(store, identity, rules, now())),
        signal,
        onProgress,
      });
      const basis = audience?.basis ?? examinable.read((reading) => reading.basis);
      const what = { id, limit, ...asked(asOf), scope: 'admin', ...(reason === undefined ? {} : { reason }) };
      await record({ who: operator, tool: 'who-can', given: what, basis, outcome: audience ? 'answered' : 'absent' });
      return audience && { ...audience, ...(asOf ? { asOf, asksSource: false } : {}) };
    },
    verify: async ({
      source,
      sample,
      seed = Buffer.from(random(SEED_BYTES)).toString('hex'),
      reason: given,
      signal,
      onProgress,
    }) => {
      const { reason } = permitted({ reveal: false, reason: given });
      const { ask, concurrent } = openAskSource(source, config, machine, signIns);
      const fidelity = await verifySource({
        source,
        reader,
        rules: config.rules,
        carried: carriedByAny(config.rules),
        ask,
        sample,
        seed,
        concurrent,
        now,
        linksDue: (identity) => linksDue(store, identity, config.rules, now()),
        signal,
        onProgress,
      });
      const { basis, asked: pairs } = fidelity;
      const what = { source, sample, seed, pairs, scope: 'admin', ...(reason === undefined ? {} : { reason }) };
      await record({ who: operator, tool: 'verify', given: what, basis, outcome: 'answered' });
      return fidelity;
    },
    close: () => closing.disposeAsync(),
  };
};

/** Of a seed that nobody names. */
const SEED_BYTES = 4;

const asked = (asOf: AsOfTime | undefined): object => (asOf ? { at: new Date(asOf.at).toISOString() } : {});

/** The last version of a time, and the rules that were recorded by then. */
const momentOf = (past: Past, at: number, now: number): { readonly version: number; readonly rules: ReturnType<AsOf['rules']> } =>
  past.read((reading) => {
    if (at > now) throw new AppError('invalid_input', 'The time of --at has not come yet. Leave it out to ask about now.');
    const moment = reading.versionAt(at);
    if (moment) return { version: moment.version, rules: reading.asOf(moment.version).rules() };
    const first = reading.first();
    const begins = first ? `before ${new Date(first.at).toISOString()}` : 'yet';
    throw new AppError('invalid_input', `The index remembers nothing ${begins}. Ask about a later time: --at <time>`);
  });

/** One use of what only an owner has. */
interface Use {
  readonly who: string;
  readonly tool: 'explain' | 'who-can' | 'verify';
  readonly given: object;
  readonly basis: Basis;
  readonly outcome: 'answered' | Extract<Missing, 'absent'>;
}

/** What the owner asks by: `admin` sees decisions and ids, and `impersonate` a title too, for a reason. */
const permitted = ({ reveal, reason }: { readonly reveal: boolean; readonly reason: string | undefined }) => {
  const kept = reason === undefined ? undefined : reasonOf(reason);
  if (reveal && kept === undefined) {
    throw new AppError('invalid_input', 'A title is shown for a reason, which the audit keeps. Say it: --reveal --reason <text>');
  }
  const scope: Scope = reveal ? 'impersonate' : 'admin';
  return { scope, reason: kept };
};

const carriedByAny = ({ sources }: Parameters<typeof carriedBy>[1]) => ({ sources, deniedLabels: [] });

const isAlso = (other: Identity, { email, ...identity }: Identity): boolean =>
  email !== undefined && other.email === email && identityName(other) !== identityName(identity);

/** As a reader hears it: the oldest among the facts that decided. */
const decidedAt = ({ acl, found }: ReturnType<typeof explainAccess>): number =>
  Math.min(acl?.at ?? Infinity, found?.stored.permissionsSyncedAt ?? Infinity);

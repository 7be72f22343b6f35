import { existsSync } from 'node:fs';

import { parseWho } from './access/identify.ts';
import type { People, Place } from './cli/parts.ts';
import { type Identity, identityName } from './core/caller.ts';
import { AppError } from './core/errors.ts';
import { reasonOf } from './core/reason.ts';
import { serviceOf } from './core/service.ts';
import { type Machine, openPlace } from './machine.ts';
import { openAudit } from './server/audit.ts';
import { openKeys } from './store/keys.ts';
import type { Decided, Decision } from './store/people.ts';
import { openStore } from './store/sqlite/index-store.ts';
import { openLedger } from './store/sqlite/ledger/ledger.ts';

/**
 * Opens the place where the owner of the data folder decides who is which account. Whatever they decide is in the audit, with both
 * names, before it holds.
 */
export const openPeople = async (place: Place, machine: Machine): Promise<People> => {
  const { config, folder } = await openPlace(place, machine);
  const { env, now, random, warn, requestId } = machine;
  const { rules } = config;
  if (!existsSync(folder.index)) {
    throw new AppError('unavailable', `There is no index ${folder.index} yet. Make it with: castellan sync`);
  }
  await using opened = new AsyncDisposableStack();
  const store = opened.adopt(await openStore({ path: folder.index, now }), (one) => one.close());
  const operator = `os:${machine.operator}`;

  /** Recorded as done before it is done; where it then cannot be done, that is recorded too. */
  const recorded = async <T>(tool: string, who: Identity, given: object, work: () => Promise<T>): Promise<T> => {
    const keys = await openKeys({ folder, env, random });
    await using trail = new AsyncDisposableStack();
    const ledger = trail.adopt(openLedger({ path: folder.ledger, keys: keys.ledger, random }), (one) => one.close());
    const anchor = { path: config.audit.anchor ?? folder.anchor, every: config.audit.every };
    const audit = trail.adopt(openAudit({ ledger, anchor, now, warn }), (one) => one.close());
    const event = {
      request: requestId(),
      who: identityName(who),
      actor: operator,
      client: 'cli',
      tool,
      arguments: given,
      documents: [],
    };
    await audit.record({ ...event, at: now(), outcome: 'answered' });
    try {
      return await work();
    } catch (error) {
      await audit.record({ ...event, at: now(), outcome: error instanceof AppError ? error.code : 'unavailable' });
      throw error;
    }
  };

  /** Names the source and gives a reason, as what is kept of it. */
  const decisionOf = ({ who, source, account, reason }: Wish): Decision => {
    const kept = reasonOf(reason);
    return { who: parseWho(who), source: configured(source), account, reason: kept, operator };
  };

  const configured = (source: string): string => {
    if (rules.sources.has(source)) return source;
    const names = [...rules.sources.keys()].join(', ');
    throw new AppError('invalid_input', `There is no source ${JSON.stringify(source)} in the configuration. There are: ${names}`);
  };

  const closing = opened.move();
  return {
    sources: [...rules.sources.keys()],
    issuers: config.identity.issuers.map(({ issuer }) => issuer),
    identities: (limit, who) => store.identities(limit, whoOf(who)),
    roll: (source, { limit, who }) => {
      const meant = whoOf(who);
      const question = { source: configured(source), ownedDomains: rules.ownedDomains, limit };
      return store.roll(meant ? { ...question, who: meant } : question);
    },
    link: async ({ andUnlink, ...wish }) => {
      const decision = { ...decisionOf(wish), andUnlink };
      if (serviceOf(decision.who, rules)) {
        throw new AppError(
          'invalid_input',
          `${identityName(decision.who)} is a service, and is what the configuration lists. Name the account under identity.services`,
        );
      }
      const planned = await store.mayLinkByHand(decision);
      return recorded('identity link', decision.who, argumentsOf(decision, planned), () => store.linkByHand(decision, now()));
    },
    unlink: async (wish) => {
      const decision = decisionOf(wish);
      const planned = await store.mayUnlink(decision);
      return recorded('identity unlink', decision.who, argumentsOf(decision, planned), () => store.unlink(decision, now()));
    },
    close: () => closing.disposeAsync(),
  };
};

type Wish = Parameters<People['unlink']>[0];

const whoOf = (who: string | undefined): Identity | undefined => (who === undefined ? undefined : parseWho(who));

const argumentsOf = ({ source, account, reason }: Decision, { linked, unlinked }: Decided): object => ({
  source,
  account,
  reason,
  ...(linked.length > 0 && { linked }),
  ...(unlinked.length > 0 && { unlinked }),
});

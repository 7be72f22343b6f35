import { identityName } from '../../src/core/caller.ts';
import { DEFAULT_FRESHNESS, type Freshness } from '../../src/core/freshness.ts';
import { NO_POLICY } from '../../src/core/policy.ts';
import { sharedSchema } from '../../src/core/principal.ts';
import type { Rules } from '../../src/core/rules.ts';
import type { Service } from '../../src/core/service.ts';
import type { Dice } from './dice.ts';
import type { SourceFacts, World } from './world.ts';

const HOUR = 3_600_000;

/** The source that is the directory, in worlds that have one. */
export const DIRECTORY = 'people';

/** The sources of a world, and what they promise: one denies what is past it, one labels it. Half of the worlds have a directory. */
export const promisesOf = (dice: Dice): ReadonlyMap<string, Freshness> =>
  new Map<string, Freshness>([
    ...(dice.chance(0.5) ? [[DIRECTORY, DEFAULT_FRESHNESS] as const] : []),
    ['wiki', DEFAULT_FRESHNESS],
    [
      'desk',
      {
        content: { within: 30 * HOUR, onBreach: dice.chance(0.5) ? 'deny' : 'label' },
        permissions: { within: 48 * HOUR, onBreach: 'label' },
      },
    ],
  ]);

/** The same promises, as the model knows them. */
export const asFacts = ({ content, permissions }: Freshness): Pick<SourceFacts, 'content' | 'permissions'> => ({
  content: { within: content.within, deny: content.onBreach === 'deny' },
  permissions: { within: permissions.within, deny: permissions.onBreach === 'deny' },
});

/** What the configuration says of a world. */
export const rulesOf = ({ people, clients, owned, directory }: World, sources: ReadonlyMap<string, Freshness>): Rules => ({
  ownedDomains: owned,
  sources,
  ...(directory === undefined ? {} : { directory }),
  services: new Map(
    people.flatMap(({ listed, ...identity }): [string, Service][] => {
      if (!listed) return [];
      const shared = listed.principals.map((principal) => sharedSchema.parse(principal));
      return [[identityName(identity), { shared, accounts: new Map(Object.entries(listed.accounts)) }]];
    }),
  ),
  policies: {
    default: NO_POLICY,
    clients: new Map(
      Object.entries(clients).map(([name, { sources: of, labels = [] }]) => [
        name,
        { ...NO_POLICY, denyLabels: labels, ...(of ? { sources: of } : {}) },
      ]),
    ),
  },
});

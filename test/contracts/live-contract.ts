import { describe, expect, test } from 'vitest';

import { type Acl, aclSchema } from '../../src/core/acl.ts';
import type { Change } from '../../src/core/change.ts';
import type { Connector, Fetch } from '../../src/core/connector.ts';
import { decide } from '../../src/core/decide.ts';
import { aConnectorRun, changesOf } from '../support/a-connector-run.ts';
import { aclsOf, keysOf } from '../support/keys-of.ts';

export interface LiveFixtures<Settings> {
  readonly settings: Settings;
  /** A fresh source in a folder of its own. */
  readonly prepared: () => Promise<string>;
  /** The way out to it, where it is not of this machine. Called within a test. */
  readonly fetch?: () => Fetch;
}

/** What every connector promises that can be asked about one document. */
export const liveContract = <Settings, Cursor>(
  connector: Connector<Settings, Cursor>,
  { settings, prepared, fetch }: LiveFixtures<Settings>,
): void => {
  const wayOut = (): { fetch?: Fetch } => (fetch ? { fetch: fetch() } : {});
  const read = async (key: string, folder: string, signal?: AbortSignal) => {
    const { cursor: _, ...run } = aConnectorRun<Settings, Cursor>(settings, { ...wayOut(), folder, ...(signal && { signal }) });
    if (!connector.read) throw new Error('it cannot be asked');
    return connector.read(key, run);
  };

  describe(`${connector.name}, as every connector that can be asked live`, () => {
    test('says of every document what a run says, and that the same people may see it', async () => {
      const folder = await prepared();
      const changes = await changesOf(connector, aConnectorRun<Settings, Cursor>(settings, { ...wayOut(), folder }));
      const documents = changes.flatMap((change) => (change.type === 'document' ? [change.document] : []));
      for (const document of documents) {
        const now = await read(document.key, folder);
        if (typeof now === 'string') throw new Error(`${document.key} is ${now}`);
        expect(JSON.stringify({ ...now, acl: undefined })).toBe(JSON.stringify({ ...document, acl: undefined }));
        expect(aclSchema.parse(now.acl)).toEqual(now.acl);
        expect(whoSees(now.acl, changes)).toEqual(whoSees(document.acl, changes));
      }
      const seen = documents.map(({ acl }) => whoSees(acl, changes).length);
      expect(Math.max(...seen)).toBeGreaterThan(Math.min(...seen));
    });

    test('says of what is no document that it is gone', async () => {
      const folder = await prepared();
      const changes = await changesOf(connector, aConnectorRun<Settings, Cursor>(settings, { ...wayOut(), folder }));
      const containers = changes.flatMap((change) => (change.type === 'container' ? [change.key] : []));
      expect(containers.length).toBeGreaterThan(0);
      for (const key of [...containers, 'no-such-document', '../wiki', '/', ' ', '__proto__']) {
        expect([key, await read(key, folder)]).toEqual([key, 'gone']);
      }
    });

    test('stops when it is told to', async () => {
      await expect(read('plan', await prepared(), AbortSignal.abort())).rejects.toThrow('aborted');
    });
  });
};

/** The accounts that an acl holds for, by what a run said: with the e-mails of all of them in a domain of the organisation. */
const whoSees = (acl: Acl, changes: readonly Change[]): string[] => {
  const said = <Type extends Change['type']>(type: Type) =>
    changes.filter((change): change is Extract<Change, { type: Type }> => change.type === type);
  const listings = new Map(said('members').map(({ group, members }) => [group, members]));
  const acls = new Map(changes.flatMap((change) => aclsOf(change).map((own) => [keysOf(change)[0], own] as const)));
  return said('account')
    .filter(({ account }) =>
      decide(acl, {
        leaf: (principal) => {
          const mine = [`user:${account.id}`, ...account.emails.map((email) => `person:${email}`), 'everyone', 'public'];
          return { is: mine.includes(principal) ? 'yes' : 'no', at: 0 };
        },
        listing: (group) => {
          const members = listings.get(group);
          return members && !('unknown' in members) ? { members, at: 0, fresh: true } : undefined;
        },
        audience: (key) => {
          const own = acls.get(key);
          return own && { acl: own, at: 0 };
        },
      }),
    )
    .map(({ account }) => account.id);
};

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';

import { describe, expect, test } from 'vitest';

import { type Acl, aclSchema } from '../../src/core/acl.ts';
import type { Change } from '../../src/core/change.ts';
import type { Connector, Fetch } from '../../src/core/connector.ts';
import { spanOf } from '../../src/core/instant.ts';
import { kindOf } from '../../src/core/normalised.ts';
import { isAudience, isName, nameOf } from '../../src/core/principal.ts';
import { aFolder } from '../support/a-folder.ts';
import { aConnectorRun, changesOf, cursorOf, type ConnectorRunParts } from '../support/a-connector-run.ts';
import { aclsOf, keysOf } from '../support/keys-of.ts';
import { liveContract } from './live-contract.ts';

export interface ConnectorFixtures<Settings> {
  readonly settings: Settings;
  /** Puts a source into the folder that `settings` start from: accounts, a group, nested containers, documents, no fault. */
  readonly prepare: (folder: string) => Promise<void>;
  /** The way out to it, where it is not of this machine. Called within a test. */
  readonly fetch?: () => Fetch;
}

const SECTIONS = ['Token', 'Scopes', 'How permissions map', 'What is not covered'];

/** What every connector promises, whatever it reads. */
export const connectorContract = <Settings, Cursor>(
  connector: Connector<Settings, Cursor>,
  { settings, prepare, fetch }: ConnectorFixtures<Settings>,
): void => {
  const prepared = async (): Promise<string> => {
    const folder = await aFolder();
    await prepare(folder);
    return folder;
  };
  const wayOut = (): Pick<ConnectorRunParts<Cursor>, 'fetch'> => (fetch ? { fetch: fetch() } : {});
  const run = async (parts: Partial<ConnectorRunParts<Cursor>> = {}): Promise<Change<Cursor>[]> =>
    changesOf(connector, aConnectorRun(settings, { ...wayOut(), ...parts, folder: parts.folder ?? (await prepared()) }));

  describe(`${connector.name}, as every connector`, () => {
    test('says what it is called and what it will call', () => {
      expect(connector.name).toMatch(/^[a-z0-9-]+$/u);
      expect(connector.title).not.toBe('');
      expect(new Set(connector.operations.map(({ name }) => name)).size).toBe(connector.operations.length);
      for (const operation of connector.operations) expect(operation.calls.length).toBeGreaterThan(0);
      for (const host of connector.hosts(settings)) expect(host).toMatch(/^[a-z0-9.-]+(:\d+)?$/u);
    });

    test('tells an administrator what they need to know', async () => {
      const readme = await readFile(new URL(`../../connectors/${connector.name}/README.md`, import.meta.url), 'utf8');
      for (const section of SECTIONS) expect(readme).toContain(`\n## ${section}\n`);
    });

    test('takes its settings, and refuses a setting it does not know', () => {
      expect(connector.settings.safeParse(settings).success).toBe(true);
      expect(connector.settings.safeParse({ ...settings, rot: 'x' }).success).toBe(false);
    });

    test('yields something of every kind that decides, and documents', async () => {
      const types = new Set((await run()).map(({ type }) => type));
      expect([...types]).toEqual(expect.arrayContaining(['account', 'members', 'container', 'document']));
      expect(types).not.toContain('problem');
    });

    test('yields accounts, then members, then containers before the documents they decide', async () => {
      const changes = await run();
      const at = (type: Change['type']): number[] => changes.flatMap((change, index) => (change.type === type ? [index] : []));
      expect(Math.max(...at('account'))).toBeLessThan(Math.min(...at('members')));
      expect(Math.max(...at('members'))).toBeLessThan(Math.min(...at('container')));
      expect(at('document')[0]).toBeGreaterThan(at('container')[0] ?? Infinity);
      expect(namedTooEarly(changes)).toEqual([]);
    });

    test('closes only a listing that it opened, and closes it last', async () => {
      const changes = await run({ due: { listing: true } });
      const opened = changes.findIndex(({ type }) => type === 'listing');
      const closed = changes.findIndex(({ type }) => type === 'complete');
      expect(opened).toBeGreaterThanOrEqual(0);
      expect(closed).toBeGreaterThan(opened);
      const before = changes.slice(0, opened).map(({ type }) => type);
      const after = changes.slice(closed + 1).map(({ type }) => type);
      expect([...before, ...after].filter((type) => type !== 'checkpoint')).toEqual([]);
    });

    test('yields keys and permissions that can be stored', async () => {
      const changes = await run();
      expect(changes.flatMap(keysOf).filter((key) => !isName(key))).toEqual([]);
      const acls = changes.flatMap(aclsOf);
      expect(acls.map((acl) => aclSchema.parse(acl))).toEqual(acls);
    });

    test('fills declared fields with what they declare, or with null', async () => {
      expect((await run()).flatMap(ofAnotherKind)).toEqual([]);
    });

    test('yields the types it declares, and of each the fields it says it fills, all of them', async () => {
      const { normalised } = connector;
      if (!normalised) return; // its data or settings say
      const reasons = Object.values(normalised).flatMap((fields) => Object.values(fields).filter((said) => said !== true));
      for (const reason of reasons) expect(reason).toMatch(/^[A-Z].+\.$/u);
      const filled = new Map(
        Object.entries(normalised).map(([type, fields]) => [
          type,
          Object.entries(fields).flatMap(([name, said]) => (said === true ? [name] : [])),
        ]),
      );
      for (const change of await run()) {
        if (change.type !== 'document') continue;
        const { type, fields = {} } = change.document;
        expect([type, Object.keys(fields).toSorted()]).toEqual([type, filled.get(type)?.toSorted()]);
      }
    });

    test('yields every key, account and group once', async () => {
      const names = (await run()).flatMap((change) => namesOf(change));
      expect(names.toSorted()).toEqual([...new Set(names)].toSorted());
    });

    test('says the same of the same', async () => {
      const folder = await prepared();
      const first = await run({ folder });
      expect(comparable(await run({ folder }))).toEqual(comparable(first));
    });

    test('goes on from its cursor without a word that is new', async () => {
      const folder = await prepared();
      const first = await run({ folder });
      const left = cursorOf(first);
      const cursor = left === undefined ? undefined : connector.cursor.parse(JSON.parse(JSON.stringify(left)));
      expect(cursor).toEqual(left);
      const said = new Set(comparable(first));
      const again = await run({ folder, ...(cursor === undefined ? {} : { cursor }) });
      const news = again.filter(({ type }) => type !== 'unchanged');
      expect(comparable(news).filter((change) => !said.has(change))).toEqual([]);
    });

    test('reads the bytes of its documents, and stops when it is told to', async () => {
      for (const change of await run()) {
        if (change.type !== 'document' || change.document.body.kind !== 'bytes') continue;
        const { body } = change.document;
        await expect(body.read(AbortSignal.abort())).rejects.toThrow('aborted');
      }
    });

    test('names what it watches by absolute paths, that are there', async () => {
      const folder = await prepared();
      for (const { path } of connector.watches?.(settings, folder) ?? []) {
        expect(isAbsolute(path)).toBe(true);
        expect(existsSync(path)).toBe(true);
      }
    });

    test('does nothing for a run that was aborted', async () => {
      await expect(run({ signal: AbortSignal.abort() })).rejects.toThrow('aborted');
    });

    test('stops soon after it was aborted', async () => {
      const abort = new AbortController();
      const total = (await run()).length;
      let after = 0;
      const aborted = async (): Promise<void> => {
        for await (const { type } of connector.sync(
          aConnectorRun(settings, { ...wayOut(), folder: await prepared(), signal: abort.signal }),
        )) {
          if (abort.signal.aborted) after += 1;
          else if (type === 'container') abort.abort();
        }
      };
      await expect(aborted()).rejects.toThrow('aborted');
      expect(after).toBeLessThan(total / 2);
    });
  });
  if (connector.read) liveContract(connector, { settings, prepared, ...(fetch && { fetch }) });
};

/** The audiences that were named before whoever decides them. */
const namedTooEarly = (changes: readonly Change[]): string[] => {
  const yielded = new Set<string>();
  return changes.flatMap((change) => {
    const early = change.type === 'document' ? audiencesOf(change.document.acl).filter((key) => !yielded.has(key)) : [];
    for (const key of keysOf(change)) yielded.add(key);
    return early;
  });
};

const audiencesOf = (acl: Acl): string[] =>
  'unknown' in acl ? [] : acl.terms.flatMap(({ allow }) => allow.filter(isAudience).map(nameOf));

const namesOf = (change: Change): string[] => {
  if (change.type === 'account') return [`account ${change.account.id}`];
  if (change.type === 'members') return change.more ? [] : [`group ${change.group}`];
  return keysOf(change).map((key) => `key ${key}`);
};

/** The declared fields of a document that hold something else than they declare. */
const ofAnotherKind = (change: Change): string[] => {
  if (change.type !== 'document') return [];
  return Object.entries(change.document.fields ?? {}).flatMap(([name, value]) => {
    const kind = kindOf(name);
    if (kind === undefined || value === null) return [];
    const is = kind === 'instant' ? typeof value === 'string' && spanOf(value) !== undefined : typeof value === TYPE_OF[kind];
    return is ? [] : [`${change.document.key}: ${name} is no ${kind}: ${JSON.stringify(value)}`];
  });
};

const TYPE_OF = { text: 'string', number: 'number' } as const;

/** All but checkpoints, as text: the functions that read bodies are no part of it. */
const comparable = (changes: readonly Change[]): string[] =>
  changes.filter(({ type }) => type !== 'checkpoint').map((change) => JSON.stringify(change));

import { existsSync } from 'node:fs';

import type { Config } from './config/config.ts';
import type { Machine } from './machine.ts';
import type { Authorise } from './sources/authorise.ts';
import type { Credential, CredentialParts } from './sources/sign-in/credential.ts';
import { type Keeping, keptIn, type SigningSource } from './sources/sign-in/kept.ts';
import { remedyOf } from './sources/sign-in/refusals.ts';
import { type Standing, standingOf } from './sources/sign-in/standing.ts';
import type { CredentialRow } from './store/credentials.ts';
import type { DataFolder } from './store/data-folder.ts';
import { openKeys } from './store/keys.ts';

type Source = Config['sources'][number];

/** The sign-ins of the configured sources. Key and ledger are opened when something is first let in. */
export interface SignIns {
  /** Undefined for a source that needs none. */
  of(source: Source): Authorise | undefined;
  /** Lets renewals come to their end, and closes. */
  close(): Promise<void>;
}

type Opened = CredentialParts & { readonly close: () => Promise<void> };

/** Opens the sign-ins of one place. */
export const openSignIns = (folder: Pick<DataFolder, 'key' | 'ledger'>, machine: Machine): SignIns => {
  let opened: Promise<Opened> | undefined;
  const credentials = new Map<string, Promise<Credential>>();
  const credentialOf = (source: SigningSource): Promise<Credential> => {
    const known = credentials.get(source.name) ?? openOne(source, (opened ??= openCredentialParts(folder, machine)));
    credentials.set(source.name, known);
    return known;
  };
  return {
    of: (configured) => {
      const source = signingSource(configured);
      if (!source) return undefined;
      const { signIn } = source;
      const given = signIn.kind === 'token' ? signIn.token : undefined;
      return {
        remedy: remedyOf(source),
        headers: async ({ refused, signal }) => {
          if (!given) return (await credentialOf(source)).headers({ signal, ...(refused && { refused }) });
          return refused ? undefined : { authorization: `Bearer ${given.reveal()}` };
        },
      };
    },
    close: async () => {
      const all = await Promise.allSettled(credentials.values());
      for (const one of all) if (one.status === 'fulfilled') await one.value.settled();
      await (await opened?.catch(() => undefined))?.close();
    },
  };
};

const openOne = async (source: SigningSource, parts: Promise<Opened>): Promise<Credential> => {
  const { openCredential } = await import('./sources/sign-in/credential.ts'); // what most sources do not need is not read for them
  return openCredential(source, await parts);
};

/** Opens what keeps credentials, and makes key and ledger where they are missing. */
export const openCredentialParts = async (folder: Pick<DataFolder, 'key' | 'ledger'>, machine: Machine): Promise<Opened> => {
  const { env, random, outgoing, now } = machine;
  const [{ openCredentials }, { sleep }, keys] = await Promise.all([
    import('./store/sqlite/ledger/credentials.ts'),
    import('./sources/sleep.ts'),
    openKeys({ folder, env, random }),
  ]);
  const credentials = openCredentials({ path: folder.ledger });
  return { credentials, keeping: { keys: keys.credentials, random }, outgoing, now, sleep, close: () => credentials.close() };
};

/** A configured source as what signs in for it sees it; undefined where it needs no sign-in. */
export const signingSource = ({ name, connector, operations, settings, privateNetwork }: Source): SigningSource | undefined => {
  const signIn = connector.signIn?.(settings);
  const probe = connector.probe?.(settings);
  if (!signIn) return undefined;
  const hosts = connector.hosts(settings);
  return { name, connector: { name: connector.name, operations }, hosts, signIn, ...(probe && { probe }), privateNetwork };
};

type Standpoint = Pick<Machine, 'env' | 'random' | 'now'> & {
  /** Only looks: an older ledger is not brought up to date, and rejects. */
  readonly looks?: boolean;
};

/** How the sign-ins of the configured sources stand. Nothing is made, and nobody is asked. */
export const standingsOf = async (
  sources: readonly Source[],
  folder: Pick<DataFolder, 'key' | 'ledger'> | undefined,
  { env, random, now, looks = false }: Standpoint,
): Promise<ReadonlyMap<string, Standing>> => {
  const signing = sources.flatMap((source) => signingSource(source) ?? []);
  const rows = folder && signing.length > 0 ? await rowsIn(folder.ledger, signing, looks) : new Map<string, CredentialRow>();
  const hasKey = folder && (env['CASTELLAN_KEY'] !== undefined || existsSync(folder.key));
  const keeping = hasKey && rows.size > 0 ? { keys: (await openKeys({ folder, env, random })).credentials } : undefined;
  return new Map(signing.map((source) => [source.name, standingOf(source, rows.get(source.name), { keeping, now: now() })]));
};

const rowsIn = async (
  ledger: string,
  sources: readonly SigningSource[],
  readonly: boolean,
): Promise<Map<string, CredentialRow>> => {
  const rows = new Map<string, CredentialRow>();
  if (!existsSync(ledger)) return rows;
  const { openCredentials } = await import('./store/sqlite/ledger/credentials.ts');
  const credentials = openCredentials({ path: ledger, readonly });
  try {
    for (const { name } of sources) {
      const row = await credentials.find(name);
      if (row) rows.set(name, row);
    }
  } finally {
    await credentials.close();
  }
  return rows;
};

/** What is kept of a source, where it opens. */
export const keptOf = async (
  source: SigningSource,
  { credentials, keeping }: { readonly credentials: CredentialParts['credentials']; readonly keeping: Keeping },
): Promise<ReturnType<typeof keptIn> | undefined> => {
  const row = await credentials.find(source.name);
  if (!row) return undefined;
  try {
    return keptIn(source, row, keeping);
  } catch {
    return undefined; // what does not open cannot be taken back either
  }
};

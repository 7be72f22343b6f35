import { rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';

import { connectors } from '../connectors/index.ts';
import { linkByEmail } from './access/link.ts';
import type { Audience, Draft, Found, Preview, PreviewLimits, Viewer } from './cli/init-preview.ts';
import type { Change } from './core/change.ts';
import type { Connector } from './core/connector.ts';
import { AppError } from './core/errors.ts';
import { DEFAULT_FRESHNESS } from './core/freshness.ts';
import { NO_POLICY } from './core/policy.ts';
import type { Rules } from './core/rules.ts';
import { runSync, type SyncEnd } from './ingest/runner.ts';
import type { Machine } from './machine.ts';
import type { Census, KnownEmail } from './store/census.ts';
import { openDataFolder } from './store/data-folder.ts';
import { openCensus } from './store/sqlite/census.ts';
import { openStore } from './store/sqlite/index-store.ts';
import type { SourceStatus, Store } from './store/store.ts';

/** Enough to see whether it is right, in the time somebody waits for it. */
const LIMITS: PreviewLimits = { documents: 5000, people: 1000, ms: 20_000 };
/** A limit is looked at when a document comes; after so many times its ms nothing is waited for. */
const PATIENCE = 3;
const CONTROL_FILE = /\.acl\.yaml$/u;

export interface PreviewOptions {
  /** Where a folder may be made for as long as it takes. */
  readonly temporary: string;
  readonly signal: AbortSignal;
  readonly limits?: PreviewLimits;
}

/** Reads a source as a sync would, without vectors, into a folder of its own that is gone when the preview is closed. */
export const openPreview = async (
  draft: Draft,
  { temporary, signal, limits = LIMITS }: PreviewOptions,
  { now, uid }: Pick<Machine, 'now' | 'uid'>,
): Promise<Preview> => {
  await using opened = new AsyncDisposableStack();
  const folder = await aPrivateFolder(temporary, opened);
  const settings = await settingsOf(draft, folder);
  const { index } = await openDataFolder(join(folder, 'data'), { uid });
  const store = opened.adopt(await openStore({ path: index, now }), (one) => one.close());
  const { found, stopped, connector } = watched(connectorOf(draft), limits);
  const source = { name: draft.source, settings: parsed(connector, settings), folder: draft.folder };
  const end = await read({ store, connector, source, now, signal, limits });
  const census = opened.adopt(openCensus(index), (one) => one.close());
  const [status] = census.status([draft.source]);
  if (!status) throw new Error('a source that was read has no status');
  const emails = census.emails(draft.source, limits.people + 1);
  const closing = opened.move();
  return {
    end,
    ...stopped(),
    status,
    found: found(),
    closed: census.closed(draft.source),
    emails,
    audience: (domains) =>
      audienceOf({ store, census, emails, status, rules: rulesOf(draft.source, domains), now, signal, limits }),
    close: () => closing.disposeAsync(),
  };
};

/** Also gone when somebody is too impatient for good order. */
const aPrivateFolder = async (temporary: string, opened: AsyncDisposableStack): Promise<string> => {
  const folder = await mkdtemp(join(temporary, 'castellan-preview-')).catch((cause: unknown) => {
    throw new AppError(
      'unavailable',
      `Nothing can be written in ${temporary}. Name another place: TMPDIR=<folder> castellan init`,
      {
        cause,
      },
    );
  });
  const vanish = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', vanish);
  opened.defer(async () => {
    await rm(folder, { recursive: true, force: true });
    process.off('exit', vanish);
  });
  return folder;
};

const settingsOf = async ({ settings, people }: Draft, folder: string): Promise<Draft['settings']> => {
  if (people === undefined) return settings;
  const path = join(folder, 'people.yaml');
  await writeFile(path, people, { mode: 0o600 });
  return { ...settings, people: path };
};

const connectorOf = ({ connector }: Draft): Connector => {
  const found = connectors.find(({ name }) => name === connector);
  if (!found) throw new Error(`no connector ${connector}`);
  return found;
};

const parsed = ({ settings: schema }: Connector, settings: Draft['settings']): unknown => {
  const result = schema.safeParse(settings);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new AppError(
    'invalid_input',
    `${issue?.path.join('.') ?? 'The source'}: ${issue?.message ?? 'is not valid'}. Correct it.`,
  );
};

interface Watched {
  readonly connector: Connector;
  readonly found: () => Found;
  readonly stopped: () => Pick<Preview, 'stopped'>;
}

/** The same connector, and what it has named so far. It ends at a limit as if there were no more. */
const watched = (connector: Connector, limits: PreviewLimits): Watched => {
  const late = AbortSignal.timeout(limits.ms);
  let stopped: Preview['stopped'];
  let documents = 0;
  const kinds = new Map<string, number>();
  const [containers, accounts, groups, controlFiles] = [new Set(), new Set(), new Set(), new Set()];
  let title: string | undefined;
  const note = (change: Change): void => {
    if (change.type === 'account') accounts.add(change.account.id);
    else if (change.type === 'members') groups.add(change.group);
    else if (change.type === 'container') containers.add(change.key);
    else if (change.type === 'document') {
      const kind = kindOf(change.document);
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      title ??= change.document.title;
    }
    for (const from of originsOf(change)) if (CONTROL_FILE.test(from)) controlFiles.add(from);
  };
  return {
    connector: {
      ...connector,
      async *sync(run) {
        for await (const change of connector.sync(run)) {
          if (change.type === 'document') {
            if (late.aborted) stopped = 'time';
            if (documents === limits.documents) stopped = 'documents';
            if (stopped) return;
            documents += 1;
          }
          note(change);
          yield change;
        }
      },
    },
    stopped: () => (stopped ? { stopped } : {}),
    found: () => ({
      kinds,
      containers: containers.size,
      accounts: accounts.size,
      groups: groups.size,
      controlFiles: controlFiles.size,
      ...(title === undefined ? {} : { title }),
    }),
  };
};

const kindOf = ({ body, key, type }: Extract<Change, { type: 'document' }>['document']): string =>
  body.kind === 'bytes' ? extname(key).toLowerCase() || 'no ending' : type;

const originsOf = (change: Change): readonly string[] => {
  if (change.type !== 'document' && change.type !== 'container') return [];
  const acl = change.type === 'document' ? change.document.acl : change.acl;
  return 'unknown' in acl ? [] : acl.terms.map(({ from }) => from);
};

type Reading = Pick<Parameters<typeof runSync>[0], 'store' | 'connector' | 'source' | 'now' | 'signal'> & {
  readonly limits: PreviewLimits;
};

/** Reads until the end or a limit. A source that says nothing of any document for so long is too large to look at. */
const read = async ({ limits, signal, ...reading }: Reading): Promise<SyncEnd> => {
  const patience = AbortSignal.timeout(PATIENCE * limits.ms);
  const end = await runSync({ ...reading, signal: AbortSignal.any([signal, patience]) });
  signal.throwIfAborted();
  if (end.status === 'failed') throw end.cause ?? new Error('a run failed without a cause');
  if (!patience.aborted) return end;
  throw new AppError(
    'too_large',
    'This is too large to look at first. Write the configuration as docs/configuration.md shows, then run: castellan sync',
  );
};

const rulesOf = (source: string, ownedDomains: readonly string[]): Rules => ({
  ownedDomains,
  sources: new Map([[source, DEFAULT_FRESHNESS]]),
  services: new Map(),
  policies: { default: NO_POLICY, clients: new Map() },
});

interface Asking {
  readonly store: Store;
  readonly census: Census;
  readonly emails: readonly KnownEmail[];
  readonly status: SourceStatus;
  readonly rules: Rules;
  readonly now: () => number;
  readonly signal: AbortSignal;
  readonly limits: PreviewLimits;
}

/** Identifies and links everybody as when they ask, and counts what they would be shown. */
const audienceOf = async ({ store, census, emails, status, rules, now, signal, limits }: Asking): Promise<Audience> => {
  const late = AbortSignal.timeout(limits.ms);
  const people: Viewer[] = [];
  for (const { email } of emails.slice(0, limits.people)) {
    signal.throwIfAborted();
    if (late.aborted) break;
    const identity = await store.identify({ issuer: 'local', subject: email, email }, now());
    await linkByEmail(store, identity, rules, now());
    people.push({ email, documents: census.shown(identity, rules, now()) });
  }
  const others = rules.ownedDomains.map((domain) => {
    const email = strangerAt(domain, emails);
    return { domain, documents: census.shown({ issuer: 'local', subject: email, email }, rules, now()) };
  });
  const whole = people.length === emails.length;
  return {
    people,
    others,
    ...(whole ? { nobody: status.documents - census.shownToAnybody() } : {}),
    accounts: census.accounts(status.name, rules.ownedDomains),
  };
};

/** An e-mail that nobody has. */
const strangerAt = (domain: string, emails: readonly KnownEmail[]): string => {
  const taken = new Set(emails.map(({ email }) => email));
  let name = 'anybody-else';
  while (taken.has(`${name}@${domain}`)) name += '-';
  return `${name}@${domain}`;
};

import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

import { connectors } from '../connectors/index.ts';
import packageFile from '../package.json' with { type: 'json' };
import { identifyLocal } from './access/identify.ts';
import { linkByEmail } from './access/link.ts';
import { createInterrupt } from './cli/interrupt.ts';
import { overdue } from './cli/overdue.ts';
import type { Desk, Index, Parts, Place, Trail } from './cli/parts.ts';
import { runProgram } from './cli/program.ts';
import { printStack } from './cli/stack.ts';
import { createTerminal } from './cli/terminal.ts';
import { type Config, loadConfig } from './config/config.ts';
import type { Caller } from './core/caller.ts';
import { AppError } from './core/errors.ts';
import { openLocalEmbedderThread } from './embed/thread.ts';
import { runSync } from './ingest/runner.ts';
import { embedWaiting } from './ingest/vectors.ts';
import { openViews } from './reader/views.ts';
import { openAudit } from './server/audit.ts';
import { createCall } from './server/call.ts';
import { cursorsFor } from './server/cursors.ts';
import { serveOverStdio } from './server/stdio.ts';
import { readAnchors } from './store/anchor-file.ts';
import { type DataFolder, openDataFolder } from './store/data-folder.ts';
import { openKeys } from './store/keys.ts';
import { openStore } from './store/sqlite/index-store.ts';
import type { Store } from './store/store.ts';
import { openLedger } from './store/sqlite/ledger/ledger.ts';
import { fetchTool } from './tools/fetch.ts';
import { listSourcesTool } from './tools/list-sources.ts';
import { searchTool } from './tools/search.ts';

/** The composition root: the only place where real things are built from the real environment. */

const now = (): number => Date.now();
const random = (size: number): Uint8Array => randomBytes(size);
const verbose = process.argv.includes('--verbose');
const tools = [searchTool, fetchTool, listSourcesTool];

const terminal = createTerminal({ stdout: process.stdout, stderr: process.stderr, colour: !process.env['NO_COLOR'] });
const interrupt = createInterrupt({ now, quit: () => process.exit(130) });
process.on('SIGINT', interrupt.request);
process.on('SIGTERM', interrupt.request);

const warn = (message: string): void => terminal.err.line(message);
const onError = (error: Error): void => warn(`The client's connection: ${error.message}`);
const onBug = (error: unknown, request: string): void => {
  if (interrupt.signal.aborted) return;
  warn(`Request ${request} failed: ${error instanceof Error ? error.message : String(error)}`);
  if (verbose) printStack(terminal.err, error);
};

/** Who sits at the keyboard. In a container that can be a number without a name. */
const operator = (): string => {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
};

const open = async ({ config, data }: Place): Promise<{ config: Config; folder: DataFolder }> => ({
  config: await loadConfig({ path: config, env: process.env, connectors }),
  folder: await openDataFolder(data, { uid: process.getuid?.() }),
});

const openIndex = async (place: Place): Promise<Index> => {
  const { config, folder } = await open(place);
  const store = await openWhole(folder.index);
  return {
    sources: config.rules.sources,
    embeds: config.embedding.provider !== 'none',
    sync: (name, { acceptDeletions, signal, onProgress }) => {
      const source = config.sources.find((one) => one.name === name);
      if (!source) throw new Error(`No source ${name}`);
      const { connector } = source;
      return runSync({
        store,
        connector,
        source: { ...source, folder: config.folder },
        now,
        signal,
        onProgress,
        acceptDeletions,
      });
    },
    embed: async ({ signal, onProgress }) => {
      if (config.embedding.provider === 'none') return;
      const embedder = await openLocalEmbedderThread();
      try {
        await embedWaiting({ store, embedder, signal, onProgress });
      } finally {
        await embedder.close();
      }
    },
    tidy: () => store.scrub(),
    status: () => store.status([...config.rules.sources.keys()]),
    close: () => store.close(),
  };
};

/** Nothing is written to a damaged index, and nothing reported from it. */
const openWhole = async (path: string): Promise<Store> => {
  const store = await openStore({ path, now });
  try {
    await store.check();
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
};

const openDesk = async (place: Place): Promise<Desk> => {
  const { config, folder } = await open(place);
  const { rules, embedding } = config;
  const keys = await openKeys({ folder, env: process.env, random });
  await using opened = new AsyncDisposableStack();
  const store = opened.adopt(await openStore({ path: folder.index, now }), (one) => one.close());
  const ledger = opened.adopt(openLedger({ path: folder.ledger, keys: keys.ledger, random }), (one) => one.close());
  const anchor = { path: config.audit.anchor ?? folder.anchor, every: config.audit.every };
  const audit = opened.adopt(openAudit({ ledger, anchor, now, warn }), (one) => one.close());
  const views = opened.adopt(await openViews({ indexPath: folder.index, rules, embedder: embedding.provider, now }), (one) =>
    one.close(),
  );
  const call = createCall({
    tools,
    audit,
    viewOf: (caller) => views.of(caller),
    cursors: (caller, tool) => cursorsFor({ keys: keys.cursors, caller, tool, random }),
    now,
    requestId: randomUUID,
    onBug,
  });
  /** The owner of the data folder asks as somebody: both are named in the audit. */
  const callerOf = async (who: string, client: string): Promise<Caller> => {
    const identity = await identifyLocal(who, store, now());
    await linkByEmail(store, identity, rules, now());
    return { identity, client, scopes: ['read'], actor: `os:${operator()}` };
  };
  const closing = opened.move();
  return {
    ask: ({ who, tool, input, signal }) => call(tool, input, () => callerOf(who, 'cli'), signal),
    identify: async (who) => {
      await callerOf(who, 'stdio');
    },
    serve: async (who, signal) => {
      const { stdin, stdout } = process;
      await serveOverStdio({ call, tools, callerOf: () => callerOf(who, 'stdio'), version, stdin, stdout, onError, signal });
    },
    overdue: async () => overdue(rules.sources, await store.status([...rules.sources.keys()]), now()),
    close: () => closing.disposeAsync(),
  };
};

/** Looks only where an audit already is: an empty one would read as one that holds. */
const openTrail = async ({ data }: Place): Promise<Trail> => {
  if (!existsSync(join(data, 'ledger.db'))) {
    throw new AppError('config', `There is no audit in ${data}. Ask something first, or name the data folder: --data <folder>`);
  }
  const folder = await openDataFolder(data, { uid: process.getuid?.() });
  const keys = await openKeys({ folder, env: process.env, random });
  const ledger = openLedger({ path: folder.ledger, keys: keys.ledger, random });
  return {
    list: (limit) => ledger.list(limit),
    verify: async (anchorFile) => {
      if (anchorFile === undefined) return ledger.verify();
      const anchors = await readAnchors(anchorFile);
      if (anchors.length > 0) return ledger.verify(anchors);
      throw new AppError('invalid_input', `There is no anchor in ${anchorFile}. Name the right file: --anchor <file>`);
    },
    close: () => ledger.close(),
  };
};

const { version } = packageFile;
const parts: Parts = {
  version,
  now,
  program: [process.execPath, join(import.meta.dirname, 'launcher.js')],
  company: join(import.meta.dirname, '..', 'fixtures', 'company'),
  temporary: tmpdir(),
  openIndex,
  openDesk,
  openTrail,
};

process.exitCode = await runProgram(process.argv.slice(2), { parts, terminal, signal: interrupt.signal });

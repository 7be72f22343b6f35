import type { Connected, Connecting } from './cli/connecting.ts';
import type { Place } from './cli/parts.ts';
import type { Config } from './config/config.ts';
import { AppError } from './core/errors.ts';
import { type Machine, openPlace } from './machine.ts';
import { openBrowser } from './open-browser.ts';
import { keptOf, openCredentialParts, signingSource, standingsOf } from './open-sign-ins.ts';
import { openAudit } from './server/audit.ts';
import { connect, forget } from './sources/sign-in/connect.ts';
import type { SigningSource } from './sources/sign-in/kept.ts';
import { standingBy } from './sources/sign-in/standing.ts';
import type { DataFolder } from './store/data-folder.ts';
import { openKeys } from './store/keys.ts';
import { openLedger } from './store/sqlite/ledger/ledger.ts';

/** Opens the place where the owner of the data folder lets Castellan in at sources. */
export const openConnecting = async (place: Place, machine: Machine): Promise<Connecting> => {
  const opened = await openPlace(place, machine);
  const { config, folder } = opened;
  const parts = await openCredentialParts(folder, machine);
  return {
    connect: async (name, request) => {
      const source = signingIn(config, name);
      const { signIn } = source;
      if (signIn.kind === 'token' && signIn.token) return givenAlready(config, source, folder, machine);
      await recorded({ tool: 'connect', source: name, kind: signIn.kind }, opened, machine);
      const kept = await connect(source, request, parts);
      const tried = signIn.kind === 'token' && source.probe !== undefined && !request.untried;
      return { ...standingBy(source, kept.facts, machine.now()), tried };
    },
    forget: async (name, signal) => {
      const source = signingIn(config, name);
      await recorded({ tool: 'connect', source: name, kind: source.signIn.kind, forget: true }, opened, machine);
      return forget(source, await keptOf(source, parts), signal, parts);
    },
    openBrowser,
    close: () => parts.close(),
  };
};

const signingIn = ({ sources }: Config, name: string): SigningSource => {
  const found = sources.find((source) => source.name === name);
  if (!found) {
    const names = sources.map((source) => source.name).join(', ');
    throw new AppError('invalid_input', `The configuration has no source ${JSON.stringify(name)}. It has ${names}.`);
  }
  const source = signingSource(found);
  if (source) return source;
  throw new AppError('invalid_input', `${name} needs no sign-in: there is nothing to connect. Run: castellan sync ${name}`);
};

const givenAlready = async (config: Config, source: SigningSource, folder: DataFolder, machine: Machine): Promise<Connected> => {
  const standing = (await standingsOf(config.sources, folder, machine)).get(source.name);
  if (!standing) throw new Error(`${source.name} signs in and does not stand anywhere`);
  return { ...standing, tried: false };
};

interface Done {
  readonly tool: 'connect';
  readonly source: string;
  readonly kind: string;
  readonly forget?: true;
}

/** With the name of whoever does it, before it is done. */
const recorded = async (
  { tool, ...given }: Done,
  { config, folder }: { readonly config: Config; readonly folder: DataFolder },
  { env, now, random, warn, requestId, operator }: Machine,
): Promise<void> => {
  const keys = await openKeys({ folder, env, random });
  await using trail = new AsyncDisposableStack();
  const ledger = trail.adopt(openLedger({ path: folder.ledger, keys: keys.ledger, random }), (one) => one.close());
  const anchor = { path: config.audit.anchor ?? folder.anchor, every: config.audit.every };
  const audit = trail.adopt(openAudit({ ledger, anchor, now, warn }), (one) => one.close());
  await audit.record({
    at: now(),
    request: requestId(),
    who: `os:${operator}`,
    client: 'cli',
    tool,
    arguments: given,
    documents: [],
    outcome: 'answered',
  });
};

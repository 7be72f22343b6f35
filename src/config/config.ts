import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';

import type { Connector, Operation } from '../core/connector.ts';
import { AppError } from '../core/errors.ts';
import { DEFAULT_FRESHNESS, type Freshness, type Promised } from '../core/freshness.ts';
import type { WritePolicy, WriteRules } from '../core/policy.ts';
import type { Rules } from '../core/rules.ts';
import { type Schedule, scheduleOf } from '../core/schedule.ts';
import { policiesOf } from './carrying.ts';
import type { EmbeddingConfig } from './embedding.ts';
import { type Environment, interpolate } from './environment.ts';
import { type IdentityConfig, identityOf, servicesOf } from './identifying.ts';
import { at, type ParseOptions, parseSettings, unknownWord, type Written } from './parse.ts';
import { commonSettings, fileSchema, type GivenFreshness } from './schema.ts';
import { type ServerConfig, serverOf } from './serving.ts';
import { assertSources } from './source-names.ts';
import { operationsOf, writeRulesOf } from './writing.ts';
import { parseYaml } from './yaml.ts';

/** One configured source. */
interface SourceConfig {
  readonly name: string;
  readonly connector: Connector;
  /** As its connector's own schema parsed them. */
  readonly settings: unknown;
  readonly freshness: Freshness;
  readonly schedule: Schedule;
  readonly maxDeleteRatio: number;
  readonly urlTemplate: string;
  /** Hosts whose addresses may stay in its texts, besides those its connector names. */
  readonly hosts: readonly string[];
  /** Whether its hosts may be on this machine or a private network. */
  readonly privateNetwork: boolean;
  /** How much it may be asked, where that is configured. */
  readonly rate: { readonly perSecond?: number; readonly concurrent?: number };
  /** What writing in it takes at least, where that is configured. */
  readonly writes?: WritePolicy;
  /** What of its connector may ever be asked of it: whatever reads, and what writes where that may be written. */
  readonly operations: readonly Operation[];
}

/** What `castellan.yaml` says: docs/configuration.md. */
export interface Config {
  /** Of the file: relative paths start here. */
  readonly folder: string;
  readonly organisation: { readonly name: string; readonly domains: readonly string[] };
  readonly sources: readonly SourceConfig[];
  readonly rules: Rules;
  readonly writes: WriteRules;
  readonly server: ServerConfig;
  readonly identity: IdentityConfig;
  readonly embedding: EmbeddingConfig;
  /** `anchor` is absolute; without it the anchor file lies in the data folder. */
  readonly audit: { readonly anchor?: string; readonly every: number };
}

export interface LoadOptions {
  readonly path: string;
  readonly env: Environment;
  readonly connectors: readonly Connector[];
}

/** A larger file is not one that a person wrote. */
const FILE_MAX = 1_000_000;

/** Reads the configuration file. Whatever is wrong with it is one sentence that says what to do. */
export const loadConfig = async ({ path, env, connectors }: LoadOptions): Promise<Config> => {
  const file = basename(path);
  const written = parseYaml(await read(path), file);
  if (written === null) throw new AppError('config', `${path} is empty. docs/configuration.md shows what to write.`);
  const options = { file, path: [], env };
  const value = interpolate(written, env, file);
  const settings = parseSettings(fileSchema, { written, value }, options);
  const { organisation, sources, freshness, embedding, audit, server, identity, clients, writes } = settings;
  assertSources({ clients, identity }, Object.keys(sources), file);
  const folder = dirname(resolve(path));
  const promises = merged(DEFAULT_FRESHNESS, freshness);
  const parsed = Object.entries(sources).map(([name, settings]) =>
    parseSource(name, { written: at(written, ['sources', name]), value: settings }, { ...options, connectors, promises }),
  );
  const rules = writeRulesOf(writes, { file, connectors, sources: parsed });
  const configured = parsed.map((source): SourceConfig => ({ ...source, operations: operationsOf(source, rules) }));
  refuseTwoReaders(configured, file);
  refuseTwoPushed(configured, file);
  refuseUnasked(configured, file);
  return {
    folder,
    organisation,
    sources: configured,
    rules: {
      ownedDomains: organisation.domains,
      sources: new Map(configured.map((source) => [source.name, source.freshness])),
      ...(identity.directory === undefined ? {} : { directory: identity.directory }),
      services: servicesOf(identity),
      policies: policiesOf(clients),
    },
    writes: rules,
    server: serverOf(server),
    identity: identityOf(identity),
    embedding,
    audit: { every: audit.every, ...(audit.anchor === undefined ? {} : { anchor: resolve(folder, audit.anchor) }) },
  };
};

const read = async (path: string): Promise<string> => {
  try {
    const { size } = await stat(path);
    if (size > FILE_MAX) throw new AppError('config', `${path} is larger than 1 MB. Name the right file: --config <file>`);
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (cause) {
    throw cause instanceof AppError ? cause : new AppError('config', unreadable(path, cause), { cause });
  }
};

const unreadable = (path: string, cause: unknown): string => {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ENOENT') return `There is no ${path}. Write one with castellan init, or name it: --config <file>`;
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return `${path} is not UTF-8. Save it as UTF-8.`;
  return `${path} cannot be read. Make it a file this user may read, or name another: --config <file>`;
};

interface SourceOptions extends ParseOptions {
  readonly connectors: readonly Connector[];
  readonly promises: Freshness;
}

/** The common settings are read here, all others by the connector. */
const parseSource = (
  name: string,
  part: Written,
  { connectors, promises, ...options }: SourceOptions,
): Omit<SourceConfig, 'operations'> => {
  const path = ['sources', name];
  const common = Object.keys(commonSettings.shape);
  const isCommon = (key: string): boolean => common.includes(key);
  const shared = parseSettings(commonSettings, only(part, isCommon), { ...options, path });
  const connector = connectors.find((candidate) => candidate.name === shared.connector);
  if (!connector) {
    const known = connectors.map((candidate) => candidate.name);
    const where = `${options.file}: ${path.join('.')}.connector`;
    throw new AppError('config', unknownWord(where, 'names no connector there is', shared.connector, known));
  }
  const own = only(part, (key) => !isCommon(key));
  const freshness = merged(promises, shared.freshness ?? {});
  return {
    name,
    connector,
    settings: parseSettings(connector.settings, own, { ...options, path, beside: common }),
    freshness,
    schedule: { ...scheduleOf(freshness), ...shared.schedule },
    maxDeleteRatio: shared.max_delete_ratio,
    urlTemplate: shared.url_template,
    hosts: shared.hosts,
    privateNetwork: shared.private_network,
    ...(shared.writes === undefined ? {} : { writes: shared.writes }),
    rate: {
      ...(shared.rate.per_second === undefined ? {} : { perSecond: shared.rate.per_second }),
      ...(shared.rate.concurrent === undefined ? {} : { concurrent: shared.rate.concurrent }),
    },
  };
};

/** What one has read is gone for the other. */
const refuseTwoReaders = (sources: readonly SourceConfig[], file: string): void => {
  const [first, second] = sources.filter(({ connector, settings }) => connector.readsStandardInput?.(settings));
  if (!first || !second) return;
  const both = `sources.${first.name} and sources.${second.name} are both read from standard input`;
  throw new AppError('config', `${file}: ${both}, and only one can be. Give the other a file.`);
};

/** There is one address to push to. */
const refuseTwoPushed = (sources: readonly SourceConfig[], file: string): void => {
  const [first, second] = sources.filter(({ connector, settings }) => connector.pushedWith?.(settings));
  if (!first || !second) return;
  const both = `sources.${first.name} and sources.${second.name} are both pushed to /scim/v2`;
  throw new AppError('config', `${file}: ${both}, and only one can be. Let one provider push everybody, and take the other out.`);
};

/** `live` for what nobody can ask would hide it, and say nothing of it. */
const refuseUnasked = (sources: readonly SourceConfig[], file: string): void => {
  for (const { name, connector, settings, freshness } of sources) {
    const piped = connector.readsStandardInput?.(settings) === true;
    if (connector.read && !piped) continue;
    const kind = (['permissions', 'content'] as const).find((each) => freshness[each].onBreach === 'live');
    if (!kind) continue;
    const setting = `sources.${name}.freshness.${kind}.on_breach`;
    const why = piped ? 'a source that is read from standard input' : `a source of the connector ${connector.name}`;
    throw new AppError(
      'config',
      `${file}: ${setting} is live, and ${why} cannot be asked live. Write ${setting}: deny or label.`,
    );
  }
};

const only = ({ written, value }: Written, keep: (key: string) => boolean): Written => {
  const kept = (members: unknown): unknown => Object.fromEntries(Object.entries(members ?? {}).filter(([key]) => keep(key)));
  return { written: kept(written), value: kept(value) };
};

const merged = (base: Freshness, given: GivenFreshness): Freshness => ({
  content: promise(base.content, given.content),
  permissions: promise(base.permissions, given.permissions),
});

const promise = (base: Promised, given: GivenFreshness['content'] = {}): Promised => ({
  within: given.within ?? base.within,
  onBreach: given.on_breach ?? base.onBreach,
});

import { lstat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';

import { AppError } from '../core/errors.ts';
import { SOURCE_NAME } from '../core/document.ts';
import { starterPeople } from './init-configuration.ts';
import type { Draft } from './init-preview.ts';
import { fromConfig, type Target } from './init-target.ts';
import { shellWord } from './words.ts';

/** What `init` may be told. */
export interface InitOptions {
  readonly name?: string;
  readonly domain?: string;
  readonly source?: string;
  readonly people?: string;
  readonly me?: string;
  readonly defaultAcl?: readonly string[];
  readonly dryRun?: boolean;
}

/** A source to preview, its settings as they will be written, and the people file that will be written with them. */
export interface Drafted {
  readonly draft: Draft;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly starter?: { readonly path: string; readonly text: string };
}

const NAME_MAX = 64;

/** Makes a source of what was found. */
export const draftOf = async (target: Target, options: InitOptions & { readonly config: string }): Promise<Drafted> => {
  const { connector, path } = target;
  const source = options.source ?? (sourceName(path) || connector);
  if (!SOURCE_NAME.test(source) || source.length > NAME_MAX) {
    throw new AppError(
      'invalid_input',
      `${JSON.stringify(source.slice(0, 100))} is no name for a source: it is made of a-z, 0-9 and -.`,
    );
  }
  const folder = dirname(resolve(options.config));
  if (connector === 'jsonl') {
    refuseOfFolders(options);
    const settings = { path: await fromConfig(path, options.config) };
    return { draft: { connector, source, settings, folder }, settings };
  }
  const people = resolve(options.people ?? join(folder, 'people.yaml'));
  const starter = await starterFor(people, target, options);
  const settings = {
    root: await fromConfig(path, options.config),
    people: await fromConfig(people, options.config),
    ...(options.defaultAcl === undefined ? {} : { default_acl: options.defaultAcl }),
  };
  return {
    draft: { connector, source, settings, folder, ...(starter === undefined ? {} : { people: starter }) },
    settings,
    ...(starter === undefined ? {} : { starter: { path: people, text: starter } }),
  };
};

const sourceName = (path: string): string =>
  basename(path, extname(path))
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/gu, '-')
    .replaceAll(/^-|-$/gu, '')
    .slice(0, NAME_MAX);

const refuseOfFolders = ({ people, me, defaultAcl }: InitOptions): void => {
  const given = [people && '--people', me && '--me', defaultAcl && '--default-acl'].find(Boolean);
  if (given === undefined) return;
  throw new AppError('invalid_input', `${given} is for folders: the lines of a file say themselves who there is. Leave it out.`);
};

/** The text of a people file to write; undefined where there is one. */
const starterFor = async (path: string, { shown }: Target, { me, people }: InitOptions): Promise<string | undefined> => {
  const there = await lstat(path).catch(() => undefined);
  if (there && me === undefined) return undefined;
  if (there) {
    throw new AppError('invalid_input', `${path} is there already, and would be used. Leave out --me, or add yourself to it.`);
  }
  if (me !== undefined) return starterPeople(me);
  throw new AppError(
    'invalid_input',
    people === undefined
      ? `Nobody is known yet: there is no ${path}. Begin one with yourself: castellan init ${shellWord(shown)} --me you@acme.test`
      : `There is no people file ${path}. Name the right one, or begin it with yourself: --me you@acme.test`,
  );
};

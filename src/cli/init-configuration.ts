import { link, lstat, open, unlink } from 'node:fs/promises';
import { basename } from 'node:path';

import { AppError } from '../core/errors.ts';
import { domainOf } from '../core/principal.ts';
import type { KnownEmail } from '../store/census.ts';

/** What a configuration of one source says. */
export interface Written {
  readonly organisation: string;
  readonly domains: readonly string[];
  readonly source: string;
  readonly connector: 'files' | 'jsonl';
  readonly settings: Readonly<Record<string, unknown>>;
}

/** The configuration as it is written: what must be said, and what is most often wanted next. */
export const configurationText = ({ organisation, domains, source, connector, settings }: Written): string => {
  const lines = Object.entries(settings).map(([key, value]) => `    ${key}: ${scalar(value)}${NOTES[key] ?? ''}`);
  const offered = connector === 'files' && !('default_acl' in settings) ? [OFFERED_ACL] : [];
  return `${[
    '# What Castellan reads, and for whom. Paths start at this file. Every setting: docs/configuration.md',
    'organisation:',
    `  name: ${scalar(organisation)}`,
    `  domains: ${scalar(domains)} # whoever has a verified e-mail here is of the organisation: \`everyone\``,
    'sources:',
    `  ${scalar(source)}:`,
    `    connector: ${connector}`,
    ...lines,
    ...offered,
  ].join('\n')}\n`;
};

const NOTES: Readonly<Record<string, string>> = {
  people: ' # accounts and groups; whoever may write it decides who reads, so it lies outside root',
  default_acl: ' # whom root lets in while it has no .acl.yaml of its own',
};
const OFFERED_ACL = '    # default_acl: [everyone] # whom root lets in while it has no .acl.yaml of its own';

/** The people of a folder that has none yet. */
export const starterPeople = (email: string): string =>
  `# Who there is, and who is with whom: docs/connectors.md
accounts:
  - { id: ${scalar(email.slice(0, email.lastIndexOf('@')))}, emails: [${scalar(email)}] }
  # - { id: bob, name: Bob Hill, emails: [bob@${domainOf(email)}] }
groups: {} # such as { team: [user:bob] }
`;

/** Plain where YAML has only one way to read it, else in quotes, as JSON. */
const scalar = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(scalar).join(', ')}]`;
  if (typeof value !== 'string') return JSON.stringify(value);
  return PLAIN.test(value) && !RESERVED.test(value) ? value : JSON.stringify(value);
};

const PLAIN = /^(?:\.{1,2}\/|[a-z])[\w./@-]*$/iu;
const RESERVED = /^(?:true|false|null|yes|no|on|off|y|n)$/iu;

/** The domain most members have, unless anybody at all may have one there; all that are as common. */
export const guessedDomains = (emails: readonly KnownEmail[]): readonly string[] => {
  const domains = emails.filter(({ kind }) => kind !== 'guest').map(({ email }) => domainOf(email));
  const counted = [...Map.groupBy(domains, (domain) => domain)].filter(([domain]) => !PUBLIC.has(domain));
  const most = Math.max(...counted.map(([, its]) => its.length));
  return counted.filter(([, its]) => its.length === most).map(([domain]) => domain);
};

/** Where everybody may have an e-mail, `everyone` would be everybody. */
const PUBLIC = new Set(
  'gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com icloud.com me.com proton.me protonmail.com gmx.net gmx.de web.de aol.com mail.ru yandex.ru qq.com 163.com'.split(
    ' ',
  ),
);

/** Rejects where something is there already. */
export const refuseExisting = async (path: string, flag: string): Promise<void> => {
  if (await lstat(path).catch(() => undefined)) throw existing(path, flag);
};

const existing = (path: string, flag: string): AppError =>
  new AppError('config', `${path} is there already and was left as it is. Move it away, or name another: ${flag} <file>`);

/** Written whole under another name, then linked: nobody sees half of it, and what is there is never lost. */
export const writeNew = async (path: string, text: string, flag: string): Promise<void> => {
  const draft = `${path}.${process.pid}.new`;
  try {
    await using file = await open(draft, 'wx', 0o600);
    await file.writeFile(text);
    await file.sync();
    await link(draft, path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    if (code === 'EEXIST') throw existing(path, flag);
    throw new AppError(
      'config',
      `${basename(path)} cannot be written to its folder (${code}). Name another place: ${flag} <file>`,
      {
        cause,
      },
    );
  } finally {
    await unlink(draft).catch(() => undefined);
  }
};

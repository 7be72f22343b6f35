import type { Audience, Preview } from './init-preview.ts';
import { count, listed } from './words.ts';

/** Why documents are shut or people cannot be told, and the lines that mend it. */
export interface Advice {
  readonly why: string;
  readonly remedy: readonly string[];
}

/** What an administrator should know of a preview, the most documents first. */
export const adviceOn = (
  { status: { dark }, closed, end }: Preview,
  { accounts, nobody = 0 }: Audience,
  { connector, root, me }: { readonly connector: 'files' | 'jsonl'; readonly root: string; readonly me: string },
): readonly Advice[] => {
  const lines = connector === 'jsonl';
  const rest = nobody - dark.unknownAcl - dark.orgWithoutDirectory - dark.groupNeverListed - dark.containerAbsent;
  const rootless = !lines && closed.unknown.some((why) => why.includes('at the root'));
  const advice: (Advice | undefined)[] = [
    dark.unknownAcl > 0
      ? {
          why: `${count(dark.unknownAcl, 'document')}: ${rootless ? 'the folder does not say who may see it' : `permissions are unknown (${listed(closed.unknown)})`}`,
          remedy: rootless
            ? [
                `write ${root}/.acl.yaml with the two lines   allow: [person:${me}]   and   deny: []`,
                'or open it to everybody of the organisation: take the # from default_acl: [everyone] in the configuration',
              ]
            : [lines ? 'give each an acl with terms' : 'mend the control files named under problems'],
        }
      : undefined,
    dark.groupNeverListed > 0
      ? {
          why: `${count(dark.groupNeverListed, 'document')}: nobody says who is in ${groups(closed.groupsNeverListed)}`,
          remedy: closed.groupsNeverListed.map((group) =>
            lines
              ? `add the line ${JSON.stringify({ type: 'members', group, members: ['user:…'] })}`
              : `add to the people file, under groups:   ${JSON.stringify(group)}: [user:…]`,
          ),
        }
      : undefined,
    dark.orgWithoutDirectory > 0
      ? {
          why: `${count(dark.orgWithoutDirectory, 'document')}: only for ${listed(closed.orgGroups.map((name) => `org:${name}`))}, and there is no directory`,
          remedy: ['name a group of this source instead: group:<id>'],
        }
      : undefined,
    dark.containerAbsent > 0
      ? {
          why: `${count(dark.containerAbsent, 'document')}: in ${listed(closed.absentContainers)}, which ${closed.absentContainers.length === 1 ? 'is' : 'are'} not there`,
          remedy: closed.absentContainers.map(
            (key) => `add the line {"type":"container","key":${JSON.stringify(key)},"title":…,"acl":…}`,
          ),
        }
      : undefined,
    rest > 0
      ? {
          why: `${count(rest, 'document')}: only for people who cannot be told, or for nobody`,
          remedy: ['allow somebody who has an e-mail'],
        }
      : undefined,
    accounts.withoutEmail.accounts > 0
      ? {
          why: `${count(accounts.withoutEmail.accounts, 'account')} without an e-mail: ${exampleOf(accounts.withoutEmail)}`,
          remedy: ['give it emails: nobody can sign in as it'],
        }
      : undefined,
    accounts.foreign.accounts > 0
      ? {
          why: `${count(accounts.foreign.accounts, 'account')} with e-mails of other domains only: ${exampleOf(accounts.foreign)}`,
          remedy: ['if that domain is yours, add it to organisation.domains; else nothing is linked to it'],
        }
      : undefined,
    accounts.shared.accounts > 0
      ? {
          why: `${count(accounts.shared.accounts, 'active account')} whose e-mail another one carries: ${exampleOf(accounts.shared)}`,
          remedy: ['take the e-mail from all but one: two accounts are two people until then'],
        }
      : undefined,
    end.counts.problems > 0 && lines
      ? { why: 'lines that could not be understood shut what they name', remedy: ['mend them: docs/connectors.md'] }
      : undefined,
  ];
  return advice.filter((one) => one !== undefined);
};

const groups = (names: readonly string[]): string => listed(names.map((name) => `group:${name}`));

const exampleOf = ({ accounts, example }: Audience['accounts']['shared']): string =>
  `${example ?? ''}${accounts > 1 ? ' and others' : ''}`;

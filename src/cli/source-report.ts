import type { AppError } from '../core/errors.ts';
import type { RunEnd, SourceStatus } from '../store/store.ts';
import { isDrifting } from './drift-report.ts';
import { type Channel, look, type Piece } from './terminal.ts';
import { count, listed } from './words.ts';

/** Problems shown of one run; the rest are counted. */
const PROBLEMS_SHOWN = 10;

/** A run as `sync` and `status` give it in JSON. */
export const runJson = ({ status, counts, problems }: RunEnd): object => ({
  status,
  read: counts.read,
  changed: counts.changed,
  deleted: counts.deleted,
  problems: counts.problems,
  problem_list: problems.map(({ key, message }) => ({ ...(key === undefined ? {} : { key }), message })),
});

/** What is stored of a source, as `sync` and `status` give it in JSON. */
export const storedJson = (status: SourceStatus): object => ({
  documents: status.documents,
  chunks: status.chunks,
  waiting_for_vectors: status.waitingForVectors,
  dark: {
    unknown_acl: status.dark.unknownAcl,
    org_without_directory: status.dark.orgWithoutDirectory,
    group_never_listed: status.dark.groupNeverListed,
    container_absent: status.dark.containerAbsent,
  },
  denied_by_account: status.deniedByAccount,
  outdated: status.outdated,
});

/** That no text can be embedded, for machines. */
export const vectorsJson = (unembedded: AppError | undefined): object =>
  unembedded ? { vectors_unavailable: unembedded.message } : {};

/** The problems of a run, at most so many, and how many more there were. */
export const printProblems = (channel: Channel, { counts, problems }: RunEnd): void => {
  const shown = problems.slice(0, PROBLEMS_SHOWN);
  for (const { key, message } of shown) {
    channel.line(look('yellow', '  problem  '), key === undefined ? message : `${key}  ${message}`);
  }
  const more = counts.problems - shown.length;
  if (more > 0) channel.line(look('dim', `  and ${count(more, 'more problem')}: castellan status --json`));
};

/** What the owner should know of a source although nothing went wrong: who is shut out, and what waits. */
export const printNotes = (channel: Channel, status: SourceStatus, { embeds }: { readonly embeds: boolean }): void => {
  for (const note of notesOf(status, embeds)) channel.line(...note);
};

const notesOf = (status: SourceStatus, embeds: boolean): readonly (readonly Piece[])[] => {
  const { unknownAcl, orgWithoutDirectory, groupNeverListed, containerAbsent } = status.dark;
  const dark = unknownAcl + orgWithoutDirectory + groupNeverListed + containerAbsent;
  const reasons = [
    unknownAcl > 0 ? `${count(unknownAcl, 'has', 'have')} unknown permissions` : '',
    orgWithoutDirectory > 0 ? `${count(orgWithoutDirectory, 'needs', 'need')} a directory group and there is no directory` : '',
    groupNeverListed > 0 ? `${count(groupNeverListed, 'needs', 'need')} a group that was never listed` : '',
    containerAbsent > 0 ? `${count(containerAbsent, 'rests', 'rest')} on a container that is not there` : '',
  ].filter(Boolean);
  return [
    ...(dark > 0 ? [[look('yellow', '  dark     '), `${count(dark, 'document')} nobody can see: ${listed(reasons)}`]] : []),
    ...(status.deniedByAccount > 0
      ? [
          [
            look('dim', '  denied   '),
            `${count(status.deniedByAccount, 'document')} by account: people without one here cannot see them`,
          ],
        ]
      : []),
    ...(status.outdated > 0
      ? [
          [
            look('yellow', '  outdated '),
            `${count(status.outdated, 'document')} whose text may be another now and could not be read: not fresh until it is`,
          ],
        ]
      : []),
    ...(isDrifting(status.drift)
      ? [[look('yellow', '  changed  '), 'it is not, or will not be, what its connector was written for: castellan doctor']]
      : []),
    ...(embeds && status.waitingForVectors > 0
      ? [[look('dim', '  waiting  '), `${count(status.waitingForVectors, 'chunk')} without vectors, found by words until then`]]
      : []),
  ];
};

import { Command, InvalidArgumentError, Option } from 'commander';

import type { CaseKind, Roll } from '../store/people.ts';
import type { Context, GlobalOptions } from './context.ts';
import { decidedJson, identityJson, printIdentities, printRoll, rollJson } from './identity-report.ts';
import type { Place } from './parts.ts';
import { said } from './said.ts';
import { listed } from './words.ts';

/** Rows of each kind that are listed when nobody says how many, and at most. */
const LIMIT = 50;
const LIMIT_MAX = 1000;

/** Shows and decides who is which account. */
export const identityCommand = (context: Context): Command =>
  new Command('identity')
    .summary('who is which account, and what a person must decide')
    .description(
      'A person is linked to the one active account of a source that carries their verified e-mail. Where an e-mail cannot tell, ' +
        'nobody is linked until somebody who knows decides.',
    )
    .addCommand(listCommand(context))
    .addCommand(linkCommand(context))
    .addCommand(unlinkCommand(context));

const listCommand = ({ parts, terminal }: Context): Command =>
  new Command('list')
    .description(
      'Lists, for one source or all, who is linked to which account and why, and the accounts that wait for a decision.',
    )
    .argument('[source]', 'only this source')
    .option('--who <who>', 'only what has to do with them: a verified e-mail, or issuer|subject')
    .addOption(
      new Option('--unmatched', 'only active accounts that are nobody’s, and why').conflicts(['ambiguous', 'conflicting']),
    )
    .addOption(new Option('--ambiguous', 'only accounts that share an e-mail').conflicts(['unmatched', 'conflicting']))
    .addOption(new Option('--conflicting', 'only accounts that two people lay claim to').conflicts(['unmatched', 'ambiguous']))
    .option('--limit <number>', `how many of each kind, at most ${LIMIT_MAX}; what is counted is counted whole`, limitOf, LIMIT)
    .addHelpText('after', '\nExample:\n  castellan identity list wiki --ambiguous')
    .action(async (source: string | undefined, _: unknown, command: Command) => {
      const { config, data, json, who, limit, ...only } = command.optsWithGlobals<GlobalOptions & ListOptions>();
      const place = { config, data };
      const people = await parts.openPeople(place);
      try {
        const kinds = KINDS.filter((kind) => only[kind]);
        const asked = { limit, ...(who === undefined ? {} : { who }) };
        const rolls = new Map<string, Roll | undefined>();
        for (const name of source === undefined ? people.sources : [source]) rolls.set(name, await people.roll(name, asked));
        const known = await people.identities(limit, who);
        if (json) {
          return terminal.out.json({
            identities: { total: known.total, listed: known.listed.map(identityJson) },
            sources: [...rolls].flatMap(([name, roll]) => (roll ? [rollJson(name, roll, kinds)] : [])),
          });
        }
        if (who !== undefined) printIdentities(terminal.out, known);
        for (const [name, roll] of rolls) {
          if (roll) printRoll(terminal.out, { name, roll, kinds });
          else terminal.err.line(`${name} was never read. Run: ${said(place, 'sync', name)}`);
        }
        for (const line of notes(rolls, place)) terminal.err.line(line);
      } finally {
        await people.close();
      }
    });

interface ListOptions extends Partial<Readonly<Record<CaseKind, boolean>>> {
  readonly who?: string;
  readonly limit: number;
}

const KINDS: readonly CaseKind[] = ['unmatched', 'ambiguous', 'conflicting'];

const notes = (rolls: ReadonlyMap<string, Roll | undefined>, place: Place): readonly string[] => {
  const found = [...rolls].flatMap(([name, roll]) => (roll ? [{ name, roll }] : []));
  const running = found.filter(({ roll }) => roll.running).map(({ name }) => name);
  const open = found.some(({ roll: { cases } }) => KINDS.some((kind) => cases[kind].total > 0));
  return [
    ...(running.length > 0
      ? [`${listed(running)}: being read now, or the run was killed. Nobody is linked by e-mail until it has ended.`]
      : []),
    ...(open ? [`To decide: ${said(place, 'identity', 'link', '<who>', '<source>', '<account>', '--reason', '<text>')}`] : []),
  ];
};

const limitOf = (text: string): number => {
  const limit = Number(text);
  if (/^\d+$/u.test(text) && limit >= 1 && limit <= LIMIT_MAX) return limit;
  throw new InvalidArgumentError(`Give a whole number from 1 to ${LIMIT_MAX}.`);
};

const WHO = 'a verified e-mail, which means everybody who is known with it, or issuer|subject';

const linkCommand = ({ parts, terminal }: Context): Command =>
  new Command('link')
    .description(
      'Links somebody to an active account of a source by your word, and records that in the audit before it holds. ' +
        'The link ends when the account becomes inactive or loses all e-mails that it carries now, or with castellan identity unlink.',
    )
    .argument('<who>', WHO)
    .argument('<source>', 'the source')
    .argument('<account>', 'the id of the account there')
    .requiredOption('--reason <text>', 'how you know; it is kept with the link')
    .option('--and-unlink', 'take the account from whoever else is linked to it')
    .addHelpText('after', '\nExample:\n  castellan identity link ada@acme.test wiki u17 --reason "u18 is her test account"')
    .action(async (who: string, source: string, account: string, _: unknown, command: Command) => {
      const { config, data, json, reason, andUnlink = false } = command.optsWithGlobals<GlobalOptions & LinkOptions>();
      const people = await parts.openPeople({ config, data });
      try {
        const done = await people.link({ who, source, account, reason, andUnlink });
        if (json) return terminal.out.json({ source, account, ...decidedJson(done) });
        terminal.out.line(`${account} of ${source} is linked to ${done.linked.join(', ')}.`);
        if (done.unlinked.length > 0) terminal.out.line(`It is no longer linked to ${done.unlinked.join(', ')}.`);
        if (done.others.length > 0) terminal.out.line(`It is also linked to ${done.others.join(', ')}, with the same e-mail.`);
        if (
          people.issuers.length > 0 &&
          !done.linked.some((name) => people.issuers.some((issuer) => name.startsWith(`${issuer}|`)))
        ) {
          terminal.err.line(
            `Nobody has come with ${who} from an identity provider yet. Run this again when they have, or name them as issuer|subject.`,
          );
        }
      } finally {
        await people.close();
      }
    });

const unlinkCommand = ({ parts, terminal }: Context): Command =>
  new Command('unlink')
    .description(
      'Ends the link between somebody and an account at once, and keeps their e-mail from making it again. ' +
        'castellan identity link lifts that.',
    )
    .argument('<who>', WHO)
    .argument('<source>', 'the source')
    .argument('<account>', 'the id of the account there')
    .requiredOption('--reason <text>', 'how you know; it is kept with the refusal')
    .addHelpText('after', '\nExample:\n  castellan identity unlink ada@acme.test wiki u18 --reason "not hers"')
    .action(async (who: string, source: string, account: string, _: unknown, command: Command) => {
      const { config, data, json, reason } = command.optsWithGlobals<GlobalOptions & LinkOptions>();
      const people = await parts.openPeople({ config, data });
      try {
        const done = await people.unlink({ who, source, account, reason });
        if (json) return terminal.out.json({ source, account, ...decidedJson(done) });
        terminal.out.line(
          done.unlinked.length > 0
            ? `${account} of ${source} is no longer linked to ${done.unlinked.join(', ')}. No e-mail links them again.`
            : `${account} of ${source} was not linked to ${who}. No e-mail will link them.`,
        );
        if (done.others.length > 0) terminal.out.line(`It is still linked to ${done.others.join(', ')}.`);
      } finally {
        await people.close();
      }
    });

interface LinkOptions {
  readonly reason: string;
  readonly andUnlink?: boolean;
}

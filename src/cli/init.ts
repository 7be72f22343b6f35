import { basename, dirname, join, resolve } from 'node:path';
import { unlink } from 'node:fs/promises';

import { Command } from 'commander';

import { AppError } from '../core/errors.ts';
import { domainOf, normaliseEmail, principalSchema } from '../core/principal.ts';
import type { Context, GlobalOptions } from './context.ts';
import { adviceOn } from './init-advice.ts';
import { configurationText, guessedDomains, refuseExisting, writeNew } from './init-configuration.ts';
import { draftOf, type Drafted, type InitOptions } from './init-draft.ts';
import { passedOver } from './init-passed-over.ts';
import type { Preview } from './init-preview.ts';
import { type InitReport, printReport, reportJson } from './init-report.ts';
import { targetOf } from './init-target.ts';
import { createProgressLine } from './progress.ts';
import { said } from './said.ts';
import { shellWord } from './words.ts';

/** Looks at data, says who could see it, and writes the configuration that makes it a source. */
export const initCommand = (context: Context): Command =>
  new Command('init')
    .summary('look at your data, write the configuration')
    .description(
      'Looks at a folder of documents or a file of JSON lines, says who could see what and what nobody can, ' +
        'and writes a configuration. Nothing else is kept: the index is made by the first sync.',
    )
    .argument('[path]', 'a folder, or a .jsonl file; the only one here by default')
    .option('--name <name>', 'what the organisation is called')
    .option('--domain <domain>', 'what stands after the @ of its e-mails; guessed where they agree')
    .option('--source <name>', 'what the source is called: a-z, 0-9 and -')
    .option('--people <file>', 'the accounts and groups of a folder')
    .option('--me <e-mail>', 'write a people file that begins with you')
    .option('--default-acl <principal...>', 'whom a folder lets in while it has no .acl.yaml: everyone, or group:<id>')
    .option('--dry-run', 'write nothing')
    .addHelpText('after', '\nExample:\n  castellan init ./handbook --me ada@acme.test')
    .action(async (path: string | undefined, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & InitOptions>();
      await init(path, options, context);
    });

const init = async (path: string | undefined, options: GlobalOptions & InitOptions, context: Context): Promise<void> => {
  const { parts, terminal, signal } = context;
  if (!options.dryRun) await refuseExisting(options.config, '--config');
  const me = options.me === undefined ? undefined : emailOf(options.me);
  const target = await targetOf(path, options);
  const drafted = await draftOf(target, { ...options, ...(me === undefined ? {} : { me }) });
  const line = createProgressLine(terminal.err, parts.now);
  terminal.err.status([`Looking at ${target.shown} …`]);
  const preview = await parts.openPreview(drafted.draft, signal).finally(() => line.done());
  try {
    refuseEmpty(preview, target.shown);
    const domain = domainFor(options.domain, preview);
    const audience = await preview.audience([domain]);
    const configuration = configurationText({
      organisation: options.name ?? nameOf(domain),
      domains: [domain],
      source: drafted.draft.source,
      connector: target.connector,
      settings: drafted.settings,
    });
    const sees = audience.people.toSorted((a, b) => b.documents - a.documents)[0];
    const report: InitReport = {
      target,
      preview,
      audience,
      domain,
      passedOver: target.connector === 'files' ? await passedOver(target.path, signal) : { hidden: 0, links: 0 },
      advice: adviceOn(preview, audience, {
        connector: target.connector,
        root: target.shown.replace(/\/$/u, ''),
        me: sees?.email ?? me ?? `you@${domain}`,
      }),
      configuration,
      written: options.dryRun ? [] : await writeBoth(drafted, configuration, options),
      next: nextSteps(preview, sees?.email ?? me ?? `you@${domain}`, options),
    };
    if (options.json) terminal.out.json(reportJson(report));
    else printReport(terminal.out, report);
  } finally {
    await preview.close();
  }
};

/** The people first: a configuration without them would not work. */
const writeBoth = async ({ starter }: Drafted, configuration: string, { config }: GlobalOptions): Promise<string[]> => {
  if (starter) await writeNew(starter.path, starter.text, '--people');
  try {
    await writeNew(resolve(config), configuration, '--config');
  } catch (error) {
    if (starter) await unlink(starter.path);
    throw error;
  }
  return starter ? [join(dirname(config), basename(starter.path)), config] : [config];
};

const refuseEmpty = ({ status, end, found }: Preview, shown: string): void => {
  if (status.documents > 0) return;
  const [problem] = end.problems;
  const named = [...found.kinds.values()].reduce((sum, amount) => sum + amount, 0);
  throw new AppError(
    'invalid_input',
    problem === undefined
      ? `${shown} holds no document. Put something there, or name another place: castellan init <path>`
      : `Nothing of ${shown} can be read${named > 0 ? `, though it holds ${named}` : ''}: ${problem.key === undefined ? '' : `${problem.key}: `}${problem.message.replace(/\.$/u, '')}. See docs/connectors.md`,
  );
};

const emailOf = (given: string): string => {
  const email = normaliseEmail(given);
  if (principalSchema.safeParse(`person:${email}`).success) return email;
  throw new AppError('invalid_input', `${JSON.stringify(given.slice(0, 100))} is no e-mail. Give yours: --me ada@acme.test`);
};

/** Domains that a refusal offers. */
const OFFERED_MAX = 3;
const DOMAIN = /^[^\s@/:.]+(?:\.[^\s@/:.]+)*$/u;

const domainFor = (given: string | undefined, { emails }: Preview): string => {
  const [guessed, ...others] = guessedDomains(emails).toSorted();
  const domain = given === undefined ? guessed : given.trim().normalize('NFC').toLowerCase();
  if (domain === undefined) {
    throw new AppError('invalid_input', 'No e-mail says which domain is yours. Name it: --domain acme.test');
  }
  if (given === undefined && others.length > 0) {
    const choice = [domain, ...others].slice(0, OFFERED_MAX).map((one) => `--domain ${shellWord(one)}`);
    throw new AppError('invalid_input', `As many e-mails are of one domain as of another. Name yours: ${choice.join(' or ')}`);
  }
  if (DOMAIN.test(domain)) return domain;
  throw new AppError(
    'invalid_input',
    `${JSON.stringify(domain.slice(0, 100))} is no domain. Give what stands after the @: --domain acme.test`,
  );
};

/** acme.test is Acme. */
const nameOf = (domain: string): string => {
  const [first = domain] = domainOf(`@${domain}`).split('.');
  return first.charAt(0).toUpperCase() + first.slice(1);
};

const nextSteps = ({ found }: Preview, who: string, place: GlobalOptions): readonly string[] => [
  said(place, 'sync'),
  said(place, 'search', found.title ?? 'a word of it', '--as', who),
];
